// The rules are worth what the scanner under them is worth, so it is tested first.
#include "cpp_text.h"

#include <gtest/gtest.h>

namespace varve::tidy {
namespace {

TEST(BlankOut, RemovesCommentsLiteralsAndPreprocessorLinesAndKeepsTheLines) {
  using Lines = std::vector<std::string>;
  const std::vector<std::pair<Lines, std::string>> cases = {
      {{"a // open(x)", "b"}, "a           \nb\n"},
      {{"a /* x", "y */ b"}, "a     \n     b\n"},
      {{"f(\"a\\\" )\") + 1'000;"}, "f(\"     \") + 1'000;\n"},
      {{"c = '{';"}, "c = ' ';\n"},
      {{"#define A(x) \\", "  open(x)", "b"}, "              \n         \nb\n"},
      {{"x = R\"j(", "{\")j\";"}, "x =     \n     ;\n"},
  };
  for (const auto& [lines, blanked] : cases) EXPECT_EQ(blank_out(lines), blanked);
}

TEST(FunctionsIn, FindsFreeFunctionsMethodsAndTestsButNotClassesOrTables) {
  const auto found = functions_in(
      blank_out({"namespace a {", "struct S {", "  int f() const { return 1; }", "};",
                 "const int table[] = {1, 2};", "TEST(A, B) {", "  if (x) { y(); }", "}", "}"}));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].name, "int f");
  EXPECT_EQ(found[0].line, 3u);
  EXPECT_EQ(found[0].lines, 1u);
  EXPECT_EQ(found[1].name, "TEST");
  EXPECT_EQ(found[1].lines, 3u);
}

TEST(FunctionsIn, CountsAConstructorFromItsNameToItsLastBrace) {
  const auto found =
      functions_in(blank_out({"C::C(int x)", "    : a_{x},", "      b_(x) {", "  go();", "}"}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].lines, 5u);
}

TEST(FunctionsIn, SeesAFunctionThatReturnsOrTakesAStruct) {
  const auto found = functions_in(blank_out({"struct stat look(struct stat s) {", "}", "}"}));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].lines, 2u);
}

}  // namespace
}  // namespace varve::tidy
