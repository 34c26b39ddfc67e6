// Runs tests one by one; prints a line each; the exit status says whether all passed.
export async function suite(name, tests) {
  let failed = 0;
  for (const [title, test] of Object.entries(tests)) {
    const only = process.env.HM_ONLY;
    if (only && !title.includes(only)) continue;
    try {
      const skip = await test();
      console.log(typeof skip === "string" ? `skip ${name}__${title} ${skip}` : `ok ${name}__${title}`);
    } catch (error) {
      failed++;
      console.log(`not ok ${name}__${title} ${String(error.message).split("\n")[0]}`);
      console.error(error.stack);
    }
  }
  process.exit(failed ? 1 : 0);
}
