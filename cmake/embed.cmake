# embed_text(OUTPUT NAME FILES...): writes a C file that defines `const char *const NAME[]`
# with each file as one NUL-terminated string, and NAME's singular count beside it.
function(embed_text output name count)
  set(body "")
  set(n 0)
  foreach(file ${ARGN})
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
    file(READ ${file} hex HEX)
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
    string(APPEND body "static const unsigned char ${name}_${n}[] = {${bytes}0};\n")
    math(EXPR n "${n} + 1")
  endforeach()
  set(list "")
  set(i 0)
  while(i LESS n)
    string(APPEND list "(const char *)${name}_${i}, ")
    math(EXPR i "${i} + 1")
  endwhile()
  file(CONFIGURE OUTPUT ${output} @ONLY CONTENT
"// Generated from ${ARGC} files by cmake/embed.cmake.
#include <stddef.h>
extern const char *const ${name}[];
extern const size_t ${count};
${body}const char *const ${name}[] = {${list}};
const size_t ${count} = ${n};
")
endfunction()
