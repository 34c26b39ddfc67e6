# One place for what every target is compiled with.
add_library(hm_flags INTERFACE)
target_include_directories(hm_flags INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_definitions(hm_flags INTERFACE _GNU_SOURCE HM_VERSION="${PROJECT_VERSION}")
target_compile_options(hm_flags INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Wformat=2 -Wcast-qual -Wvla -Wswitch-enum
  -fno-omit-frame-pointer -fstack-protector-strong
  $<$<COMPILE_LANGUAGE:C>:-Wstrict-prototypes>
  $<$<COMPILE_LANGUAGE:C>:-Wmissing-prototypes>
  $<$<BOOL:${HM_WERROR}>:-Werror>
  $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)

if(HM_SANITIZE)
  target_compile_options(hm_flags INTERFACE -fsanitize=${HM_SANITIZE})
  target_link_options(hm_flags INTERFACE -fsanitize=${HM_SANITIZE})
  if(HM_SANITIZE MATCHES undefined)
    target_compile_options(hm_flags INTERFACE -fno-sanitize-recover=undefined)
  endif()
endif()
if(HM_COVERAGE)
  target_compile_options(hm_flags INTERFACE --coverage)
  target_link_options(hm_flags INTERFACE --coverage)
endif()
if(HM_FUZZ)
  target_compile_options(hm_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
