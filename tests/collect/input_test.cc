// Events out of files: framing at every cut of the input, media types, what is refused, and all
// of the real samples where they are at hand.
#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/format/json.h"
#include "ledger/format/record.h"
#include "ledger/merkle/tree.h"
#include "tests/directories.h"
#include "tools/collect/event_stream.h"
#include "tools/collect/file_reader.h"
#include "tools/collect/json_text.h"
#include "tools/collect/media_type.h"
#include "tools/collect/refusal.h"
#include "workbench.h"

namespace varve::collect {
namespace {

std::vector<std::string> events_in(const std::string& path, Framing framing) {
  auto file = InputFile::open(path);
  CHECK(file.has_value());
  EventStream stream(path, std::move(*file), framing);
  std::vector<std::string> events;
  while (true) {
    const auto event = stream.next_or_rest();
    CHECK(event.has_value());
    if (!*event) return events;
    events.emplace_back(text_of((*event)->payload));
  }
}

using Texts = std::vector<std::string>;

TEST(Framing, LinesEndAtNewlinesAndKeepEveryOtherByte) {
  const Inputs in;
  const auto lines = [&](const std::string& text) {
    return events_in(in.write("x", text), Framing::kLines);
  };
  EXPECT_EQ(lines(""), Texts{});
  EXPECT_EQ(lines("\n\r\n\n"), Texts{});
  EXPECT_EQ(lines("a"), Texts{"a"});
  EXPECT_EQ(lines("a\nb\n"), (Texts{"a", "b"}));
  EXPECT_EQ(lines(" a \r\n\n\tb"), (Texts{" a \r", "\tb"}));
}

TEST(Framing, ASyslogMessageGoesOnUntilTheNextPriority) {
  const Inputs in;
  const auto messages = [&](const std::string& text) {
    return events_in(in.write("x", text), Framing::kSyslog);
  };
  EXPECT_EQ(messages("<85>a\n<b>\n</c>\n<34>d\n"), (Texts{"<85>a\n<b>\n</c>", "<34>d"}));
  EXPECT_EQ(messages("no priority\nhere\n<1>x\n\ny"), (Texts{"no priority", "here", "<1>x\n\ny"}));
  EXPECT_EQ(messages("<1>a\n<"), Texts{"<1>a\n<"});
  EXPECT_EQ(messages("<1>a\n<2>"), (Texts{"<1>a", "<2>"}));
}

// Between two reads of the same stream. What follows is of another file, though it has the same
// name and inode.
TEST(Framing, ReadsNothingThatDoesNotFollowWhatItReadBefore) {
  const Inputs in;
  for (const std::string before : {"a\nb", "ab"}) {
    SCOPED_TRACE(before);
    const std::string path = in.write("x", before);
    auto file = InputFile::open(path);
    ASSERT_TRUE(file);
    EventStream stream(path, std::move(*file), Framing::kLines);
    while (*stream.next()) {
    }
    in.write("x", "c\nd\ne\nf\n");
    EXPECT_FALSE(*stream.next());
    EXPECT_FALSE(*stream.intact());
  }
}

// However the file arrives, the events are the same, and each is there as soon as it ends.
TEST(Framing, IsTheSameHoweverTheFileGrows) {
  const std::string text = "one\n\ntwo\r\nthree\n";
  for (std::size_t cut = 0; cut <= text.size(); ++cut) {
    SCOPED_TRACE(cut);
    const Inputs in;
    const std::string path = in.write("x", text.substr(0, cut));
    auto file = InputFile::open(path);
    EventStream stream(path, std::move(*file), Framing::kLines);
    Texts events;
    const auto take = [&] {
      for (auto e = stream.next(); *e; e = stream.next())
        events.emplace_back(text_of((*e)->payload));
    };
    take();
    in.add("x", text.substr(cut));
    take();
    EXPECT_EQ(events, (Texts{"one", "two\r", "three"}));
    EXPECT_EQ(stream.position().taken.value, text.size());
    EXPECT_EQ(stream.position().lines, 4u);
  }
}

// Sizes around a record and around the reader's own buffer.
TEST(Framing, PassesOverALineOfAnyLengthAndSaysHowLongItWas) {
  for (const std::size_t size : {65'535u, 65'536u, 262'143u, 262'144u, 262'145u, 1'000'000u}) {
    SCOPED_TRACE(size);
    const Inputs in;
    const std::string path = in.write("x", "a\n" + std::string(size, 'x') + "\nb\n");
    auto file = InputFile::open(path);
    EventStream stream(path, std::move(*file), Framing::kLines);
    EXPECT_EQ(text_of((*stream.next())->payload), "a");
    const RawEvent large = **stream.next();
    EXPECT_EQ(large.oversize, size > format::kRecordMax);
    EXPECT_EQ(large.size, size);
    EXPECT_EQ(large.line, 2u);
    if (large.oversize) {
      EXPECT_EQ(large.sha256, merkle::sha256(bytes_of(std::string(size, 'x'))));
    }
    EXPECT_EQ(text_of((*stream.next())->payload), "b");
    EXPECT_EQ(stream.position().taken.value, size + 5);
  }
}

TEST(MediaType, IsWhatTheContentIs) {
  const auto line = [](std::string_view text) { return media_type_of_line(bytes_of(text)); };
  const auto document = [](std::string_view text) {
    return media_type_of_document(bytes_of(text));
  };
  EXPECT_EQ(line(R"({"a":1})"), kJson);
  EXPECT_EQ(line(R"( {"resourceType":"AuditEvent"})"), kFhirJson);
  EXPECT_EQ(line(R"({"resourceType":1})"), kJson);
  EXPECT_EQ(line(R"({"a":1)"), kText);
  EXPECT_EQ(line("{\"a\":\"\xff\"}"), kText);
  EXPECT_EQ(line("[1]"), kText);
  EXPECT_EQ(line("<34>1 - - - - -"), kText);
  EXPECT_EQ(document("[1]\n"), kJson);
  EXPECT_EQ(document("\n{\"resourceType\":\"AuditEvent\"}\n"), kFhirJson);
  EXPECT_EQ(document("<AuditMessage/>"), kXml);
  EXPECT_EQ(document(R"(<?xml version="1.0"?><AuditEvent xmlns="http://hl7.org/fhir"/>)"),
            kFhirXml);
  EXPECT_EQ(document(R"(<f:AuditEvent xmlns:f="http://hl7.org/fhir"/>)"), kFhirXml);
  EXPECT_EQ(document(R"(<AuditEvent xmlns:f="http://hl7.org/fhir"/>)"), kXml);
  EXPECT_EQ(document("<AuditMessage>"), kText);
  EXPECT_EQ(document(""), kText);
}

// A number is of any size, and half a surrogate pair is what the grammar takes.
TEST(MediaType, AsksTheGrammarAndNoMachine) {
  for (const std::string value :
       {"18446744073709551616", "-9223372036854775809", "1e400", "-1e-999999", "1.0e308000",
        "123456789012345678901234567890.5", R"("\ud83d")"}) {
    const std::string text = "{\"n\":" + value + "}";
    EXPECT_EQ(media_type_of_line(bytes_of(text)), kJson) << text;
    const std::string fhir = "{\"resourceType\":\"AuditEvent\",\"n\":" + value + "}";
    EXPECT_EQ(media_type_of_line(bytes_of(fhir)), kFhirJson) << fhir;
  }
}

TEST(MediaType, IsWhatFollowsAByteOrderMark) {
  const std::string mark = "\xEF\xBB\xBF";
  for (const std::string text :
       {R"({"a":1})", R"({"resourceType":"AuditEvent"})", "[1]", "text", "<AuditMessage/>",
        R"(<AuditEvent xmlns="http://hl7.org/fhir"/>)"}) {
    EXPECT_EQ(media_type_of_line(bytes_of(mark + text)), media_type_of_line(bytes_of(text)));
    EXPECT_EQ(media_type_of_document(bytes_of(mark + text)),
              media_type_of_document(bytes_of(text)));
  }
}

class Reading : public testing::Test {
 protected:
  void SetUp() override { make_collector(disk_); }

  /// Reads into the spool and gives it to the log.
  void read(const std::vector<std::string>& paths) {
    Process process(disk_, clock_, {});
    ASSERT_TRUE(process.started());
    const std::atomic<bool> never = false;
    FileReader reader(process.intake(), process.spool(), never);
    for (const std::string& path : paths) ASSERT_TRUE(reader.read(path));
    ASSERT_TRUE(reader.finish());
    ASSERT_TRUE(process.send_to(log_));
    said_ = process.said;
    count_ = process.intake().count();
  }

  Inputs in_;
  CrashDisk disk_;
  HandClock clock_;
  ChainLog log_;
  std::vector<std::string> said_;
  IntakeCount count_;
};

TEST_F(Reading, ADocumentIsOneEventByteForByte) {
  const std::string text = "\n{\n \"a\": 1\n}\n\n";
  read({in_.write("a.json", text)});
  EXPECT_EQ(log_.payloads(), Texts{text});
}

TEST_F(Reading, JsonOfManyLinesIsADocumentAndOneObjectALineIsMany) {
  read({in_.write("a.json", "{\"a\":1}\n{\"a\":2}\n"), in_.write("b", "{\n\"a\":1\n}\n")});
  EXPECT_EQ(log_.payloads(), (Texts{"{\"a\":1}", "{\"a\":2}", "{\n\"a\":1\n}\n"}));
}

TEST_F(Reading, BrokenDocumentsGoInAsTheyAre) {
  read({in_.write("a.json", "{broken\n"), in_.write("b.xml", "<broken\n")});
  EXPECT_EQ(log_.payloads(), (Texts{"{broken\n", "<broken\n"}));
}

TEST_F(Reading, WhatIsTooLargeIsNamedAndTheRestGoesOn) {
  const std::string large(70'000, 'x');
  read({in_.write("a.log", "one\n" + large + "\nthree\n"),
        in_.write("b.xml", "<a>" + large + "</a>"), in_.write("c.log", "four\n")});
  const auto record = [&](const std::string& where, const std::string& event) {
    return refusal_text(in_.path(where), event.size(), merkle::sha256(bytes_of(event)));
  };
  EXPECT_EQ(log_.payloads(), (Texts{"one", record("a.log:2", large), "three",
                                    record("b.xml:1", "<a>" + large + "</a>"), "four"}));
  EXPECT_EQ(count_.refused, 2u);
  ASSERT_EQ(said_.size(), 2u);
  EXPECT_NE(said_[0].find("a.log:2: an event of 70000 bytes"), std::string::npos) << said_[0];
  EXPECT_NE(said_[1].find("b.xml:1: an event of 70007 bytes"), std::string::npos) << said_[1];
}

// The largest payload leaves room for the record's own 47 bytes and its media type.
TEST_F(Reading, TheLargestEventThatFitsGoesIn) {
  const std::size_t most = format::kRecordMax - format::kRecordFixedSize - kText.size();
  read({in_.write("a.log", std::string(most, 'x') + "\n" + std::string(most + 1, 'y') + "\n")});
  const std::string larger(most + 1, 'y');
  EXPECT_EQ(log_.payloads(),
            (Texts{std::string(most, 'x'), refusal_text(in_.path("a.log") + ":2", larger.size(),
                                                        merkle::sha256(bytes_of(larger)))}));
  EXPECT_EQ(count_.refused, 1u);
}

// However large: a refusal is taken once, as an event is, and counted for ever.
TEST_F(Reading, ARefusedEventIsRecordedOnceAndStaysCounted) {
  const std::string large(70'000, 'x');
  const Texts files = {in_.write("a.log", large + "\n"),
                       in_.write("b.json", "{\"a\":\"" + large + "\"}"),
                       in_.write("c", std::string(format::kRecordMax, 'z'))};
  for (int run = 0; run < 3; ++run) {
    read(files);
    EXPECT_EQ(log_.payloads().size(), 3u);
    EXPECT_EQ(count_.refused, run == 0 ? 3u : 0u);
    Process process(disk_, clock_, {});
    EXPECT_EQ(process.spool().refused(), 3u);
  }
}

// The name of a file is any bytes, and a record of it is JSON all the same.
TEST(Refusal, IsJsonWhateverTheFileIsCalled) {
  for (int byte = 1; byte < 256; ++byte)
    for (const std::string& name :
         {std::string(1, static_cast<char>(byte)), "ä" + std::string(2, static_cast<char>(byte))}) {
      const std::string text = refusal_text(name, 70'000, Hash{});
      EXPECT_EQ(kind_of_json(text), JsonText::kObject) << byte;
      EXPECT_TRUE(format::Json::parse(text)) << byte;
    }
  EXPECT_EQ(refusal_text("/a \"b\":2", 70'000, Hash{}),
            R"({"refused":"too large","where":"/a \"b\":2","size":70000,"sha256":")" +
                std::string(64, '0') + "\"}");
}

TEST_F(Reading, OnlyWhatWasAddedToAFileIsTakenTheNextTime) {
  read({in_.write("a.log", event_lines(0, 3))});
  in_.add("a.log", event_lines(3, 5));
  read({in_.path("a.log")});
  EXPECT_EQ(log_.payloads(), event_texts(0, 5));
}

TEST_F(Reading, AFileThatWasWrittenAnewIsTakenWhole) {
  read({in_.write("a.json", "{\"a\":1}"), in_.write("b.log", event_lines(0, 2))});
  read({in_.write("a.json", "{\"a\":2}"), in_.write("b.log", event_lines(2, 6))});
  EXPECT_EQ(log_.payloads().size(), 8u);
}

TEST_F(Reading, WhatIsNoTextOrNoFileIsRefused) {
  read({in_.write("a.gz", std::string("\x1f\x8b\0\0", 4)), in_.path("missing"), "/dev/null"});
  EXPECT_EQ(log_.payloads(), Texts{});
  EXPECT_EQ(count_.refused, 3u);
}

TEST_F(Reading, EverySampleGoesIn) {
  const std::string samples = source_file("../shared/samples");
  if (!std::filesystem::exists(samples)) GTEST_SKIP() << "the samples are not at hand";
  const auto files = files_under(samples, [](const std::string& path, const std::string& why) {
    ADD_FAILURE() << path << why;
  });
  read(files);
  EXPECT_EQ(count_.refused, 0u);
  EXPECT_TRUE(said_.empty());
  const Texts payloads = log_.payloads();
  EXPECT_EQ(payloads.size(), count_.events);
  for (const std::string& file : files) {  // a document is there as the file has it
    if (!file.ends_with(".json") && !file.ends_with(".xml")) continue;
    std::ifstream in(file, std::ios::binary);
    const std::string whole((std::istreambuf_iterator<char>(in)), {});
    EXPECT_NE(std::ranges::find(payloads, whole), payloads.end()) << file;
  }
}

}  // namespace
}  // namespace varve::collect
