// PINs come from files, descriptors and the environment, and never stay there.
#include "hsm/pin.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "ledger/env/posix.h"

namespace varve::hsm {
namespace {

class Pin : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(env::initialize());
    path_ = ::testing::TempDir() + "varve-pin-";
    for (const char digit : std::to_string(::getpid()))  // as letters: messages name the path
      path_ += static_cast<char>(digit - '0' + 'a');
  }
  void TearDown() override { std::filesystem::remove(path_); }
  void write(const std::string& text) const {
    std::ofstream(path_, std::ios::binary) << text;
    set_mode(0600);
  }
  void write_line(std::size_t length) const { write(std::string(length, '#') + '\n'); }
  void set_mode(unsigned mode) const {
    std::filesystem::permissions(path_, std::filesystem::perms{mode});
  }
  [[nodiscard]] std::string from_file() const {
    auto pin = read_pin("file:" + path_);
    return pin ? std::string(text_of(pin->view())) : "error: " + pin.error().message;
  }
  std::string path_;
};

TEST_F(Pin, IsReadFromAFileWithoutTheNewlineAtItsEnd) {
  write("1234\n");
  EXPECT_EQ(from_file(), "1234");
  write("1234");
  EXPECT_EQ(from_file(), "1234");
}

TEST_F(Pin, IsRefusedFromAFileThatIsOpenToEveryUser) {
  write("1234\n");
  for (const unsigned mode : {0604u, 0602u, 0601u, 0644u, 0666u}) {
    set_mode(mode);
    EXPECT_EQ(read_pin("file:" + path_).error().code, Code::kInvalid) << std::oct << mode;
    EXPECT_EQ(from_file().find("1234"), std::string::npos);
  }
  for (const unsigned mode : {0400u, 0600u, 0440u}) {
    set_mode(mode);
    EXPECT_EQ(from_file(), "1234") << std::oct << mode;
  }
}

// The token would count each as a wrong PIN, and lock after a few: so it is never asked.
TEST_F(Pin, IsRefusedWithWhatAnEditorLeaves) {
  std::vector<std::string> wrong = {"1234\n\n",
                                    "1234 \n",
                                    " 1234\n",
                                    "1234\r\n",
                                    "1234\r",
                                    "1234\t\n",
                                    "12\r\n34\r\n\n",
                                    "1234\n5678\n",
                                    "\n1234\n",
                                    " \n",
                                    "\xef\xbb\xbf"
                                    "1234\n",
                                    "\xff\xfe"
                                    "1\0"
                                    "2\0\n"};
  wrong.back() = std::string(
      "\xff\xfe"
      "1\0"
      "2\0\n",
      7);
  for (int byte = 0; byte < 0x20; ++byte)
    for (const char* where : {"%1234", "12%34", "1234%"}) {
      std::string text = where;
      text[text.find('%')] = static_cast<char>(byte);
      if (text != "1234\n") wrong.push_back(text);
    }
  for (const std::string& text : wrong) {
    write(text);
    ASSERT_EQ(::setenv("VARVE_TEST_PIN", text.c_str(), 1), 0);
    for (const std::string& spec : {"file:" + path_, std::string("env:VARVE_TEST_PIN")}) {
      if (spec.starts_with("env") && text.find('\0') != std::string::npos) continue;
      const auto pin = read_pin(spec);
      ASSERT_FALSE(pin) << ::testing::PrintToString(text) << " from " << spec;
      EXPECT_EQ(pin.error().code, Code::kInvalid);
      EXPECT_EQ(pin.error().message.find("12"), std::string::npos) << "a PIN in a message";
    }
    EXPECT_FALSE(check_pin("file:" + path_));
  }
  ::unsetenv("VARVE_TEST_PIN");
  for (const char* good : {"12 34", "p\xc3\xa4ss wort\n", "!\"#~\n"}) {
    write(good);
    EXPECT_EQ(from_file(), std::string(good).substr(0, std::string(good).find('\n')));
  }
}

TEST_F(Pin, IsRefusedWhenEmptyOrTooLong) {
  for (const std::size_t size : {std::size_t{0}, kPinMax + 1, kPinMax + 2, kPinMax + 100}) {
    write_line(size);
    const auto pin = read_pin("file:" + path_);
    ASSERT_FALSE(pin) << size;
    EXPECT_EQ(pin.error().code, Code::kInvalid);
    EXPECT_EQ(pin.error().message.find("##"), std::string::npos) << "a PIN in a message";
  }
  write_line(kPinMax);
  EXPECT_EQ(from_file(), std::string(kPinMax, '#'));
}

TEST_F(Pin, IsTakenOutOfTheEnvironment) {
  ASSERT_EQ(::setenv("VARVE_TEST_PIN", "secret\n", 1), 0);
  const char* const memory = ::getenv("VARVE_TEST_PIN");
  const auto pin = read_pin("env:VARVE_TEST_PIN");
  ASSERT_TRUE(pin);
  EXPECT_EQ(text_of(pin->view()), "secret");
  EXPECT_EQ(::getenv("VARVE_TEST_PIN"), nullptr);
  EXPECT_EQ(memory[0], '\0');
  EXPECT_EQ(read_pin("env:VARVE_TEST_PIN").error().code, Code::kNotFound);
}

TEST_F(Pin, IsReadFromADescriptorWhichIsClosed) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  ASSERT_EQ(::write(ends[1], "98765\n", 6), 6);
  ::close(ends[1]);
  const auto pin = read_pin("fd:" + std::to_string(ends[0]));
  ASSERT_TRUE(pin);
  EXPECT_EQ(text_of(pin->view()), "98765");
  EXPECT_EQ(::fcntl(ends[0], F_GETFD), -1);
}

// The next file to be opened would get the number, and a log line or a person's answer would go there.
TEST_F(Pin, LeavesNoStandardDescriptorClosed) {
  for (const int number : {0, 1, 2}) {
    SCOPED_TRACE(number);
    write("24680\n");
    const int kept = ::dup(number);
    const int file = ::open(path_.c_str(), O_RDONLY);
    ASSERT_EQ(::dup2(file, number), number);
    const auto pin = read_pin("fd:" + std::to_string(number));
    struct stat now {};
    const bool open = ::fstat(number, &now) == 0;
    ::dup2(kept, number);
    ASSERT_TRUE(pin);
    EXPECT_EQ(text_of(pin->view()), "24680");
    EXPECT_TRUE(open && S_ISCHR(now.st_mode));
    ::close(kept);
    ::close(file);
  }
}

TEST_F(Pin, ThatIsGivenAsItselfIsRefusedAndNotRepeated) {
  for (const char* spec : {"1234", "", "file:", "fd:", "env:", "pin:1234", "FILE:/x"}) {
    const auto pin = read_pin(spec);
    ASSERT_FALSE(pin) << spec;
    EXPECT_EQ(pin.error().code, Code::kInvalid);
    EXPECT_EQ(pin.error().message.find("1234"), std::string::npos);
  }
}

TEST_F(Pin, ThatCannotBeReadSaysWhere) {
  const auto pin = read_pin("file:" + path_);
  ASSERT_FALSE(pin);
  EXPECT_EQ(pin.error().code, Code::kIo);
  EXPECT_NE(pin.error().message.find(path_), std::string::npos);
  EXPECT_FALSE(read_pin("fd:987"));
  EXPECT_FALSE(read_pin("fd:x"));
}

}  // namespace
}  // namespace varve::hsm
