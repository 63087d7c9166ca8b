# What is guarded by a lock is touched only by who holds it: clang reads the annotations of
# ledger/base/mutex.h in every source that has a lock. Its warnings end the build. The sources of a
# folder are checked as one, so that each header is read once: that takes less than half of the time.
find_program(CLANGXX NAMES clang++ clang++-14 REQUIRED)
pkg_get_variable(P11KIT_INCLUDE p11-kit-1 includedir)
file(GLOB_RECURSE sources CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}
     ${CMAKE_SOURCE_DIR}/ledger/*.cc ${CMAKE_SOURCE_DIR}/hsm/*.cc ${CMAKE_SOURCE_DIR}/api/*.cc
     ${CMAKE_SOURCE_DIR}/tools/*.cc)
set(folders)
foreach(source ${sources})
  string(REGEX REPLACE "\\.cc$" ".h" header ${source})
  set(includes)
  foreach(file ${source} ${header})
    if(EXISTS ${CMAKE_SOURCE_DIR}/${file})
      file(STRINGS ${CMAKE_SOURCE_DIR}/${file} found REGEX "#include \"ledger/base/mutex.h\"")
      list(APPEND includes ${found})
    endif()
  endforeach()
  if(includes)
    get_filename_component(folder ${source} DIRECTORY)
    string(REPLACE "/" "_" folder ${folder})
    list(APPEND folders ${folder})
    string(APPEND all_of_${folder} "#include \"${source}\"\n")
  endif()
endforeach()
list(REMOVE_DUPLICATES folders)
set(checked)
foreach(folder ${folders})
  set(all ${CMAKE_CURRENT_BINARY_DIR}/thread_safety/${folder}.cc)
  file(GENERATE OUTPUT ${all} CONTENT "${all_of_${folder}}")
  add_custom_command(
    OUTPUT ${all}.checked
    COMMAND ${CLANGXX} -std=c++20 -Wthread-safety -Werror -I${CMAKE_SOURCE_DIR}
            -I${P11KIT_INCLUDE}/p11-kit-1 -fsyntax-only -MD -MF ${all}.d -MT ${all}.checked ${all}
    COMMAND ${CMAKE_COMMAND} -E touch ${all}.checked
    DEPENDS ${all}
    DEPFILE ${all}.d
    COMMENT "Checking the locks of ${folder}"
    VERBATIM)
  list(APPEND checked ${all}.checked)
endforeach()
add_custom_target(thread_safety ALL DEPENDS ${checked})

# Each case of tests/base/mutex_compile_fail.cc must be refused; with none chosen it compiles.
foreach(wrong RANGE 0 5)
  add_test(NAME mutex_compile_fail_${wrong}
           COMMAND ${CLANGXX} -std=c++20 -Wthread-safety -Werror -fsyntax-only
                   -I${CMAKE_SOURCE_DIR} -DVARVE_WRONG=${wrong}
                   ${CMAKE_CURRENT_SOURCE_DIR}/base/mutex_compile_fail.cc)
  if(NOT wrong EQUAL 0)
    set_tests_properties(mutex_compile_fail_${wrong} PROPERTIES WILL_FAIL TRUE)
  endif()
endforeach()
