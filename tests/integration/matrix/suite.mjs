import { suite } from "../lib/suite.mjs";
import { onShared } from "./world.mjs";
import { defaultLimits, faultyLine, limitedTimelines, restarts } from "./faults.mjs";
import { controlRoom, roomVersions, everythingReadable, hostileEvents, noticesAndMutes, story } from "./moderation.mjs";
import { beforeDelivery, previewKeepsItsTime, doctor, invitations, logins } from "./setup.mjs";

// Tests with a Synapse of their own run beside the others, one after another.
let last = Promise.resolve();
const beside = (test) => {
  if (process.env.HM_ONLY) return test;
  const outcome = last = last.then(test).then((value) => ({ value }), (error) => ({ error }));
  return async () => {
    const { value, error } = await outcome;
    if (error) throw error;
    return value;
  };
};

const tests = {
  offending_messages_and_edits_vanish: onShared(story),
  everything_that_can_be_read_is_judged: onShared(everythingReadable),
  every_room_version_is_redacted: onShared(roomVersions),
  control_room_decides: onShared(controlRoom),
  limited_timelines_are_filled: onShared(limitedTimelines),
  faulty_line_loses_nothing: onShared(faultyLine),
  invitations_aliases_tombstones_and_encryption: onShared(invitations),
  hostile_events_are_never_obeyed: onShared(hostileEvents),
  logins_and_tokens_that_end: onShared(logins),
  authors_are_told_and_muted_for_a_time: onShared(noticesAndMutes),
  doctor_says_what_is_missing: onShared(doctor),
  default_limits_only_delay: beside(defaultLimits),
  nobody_sees_what_is_refused_before_delivery: beside(beforeDelivery),
  question_before_delivery_keeps_its_time: previewKeepsItsTime,
  restarts_lose_nothing: beside(restarts),
};

await suite("matrix", tests);
