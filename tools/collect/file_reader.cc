// Which file is a document, which is lines, and what is new in it.
#include "tools/collect/file_reader.h"

#include <algorithm>

#include "ledger/format/record.h"
#include "tools/collect/taken.h"

namespace varve::collect {
namespace {

enum class Shape { kDocument, kLines, kSyslog, kBinary };

constexpr std::size_t kSniff = 256u << 10;  // more than the largest document that can be taken

bool named(const std::string& path, std::initializer_list<std::string_view> suffixes) {
  return std::ranges::any_of(suffixes, [&](std::string_view s) { return path.ends_with(s); });
}

Bytes first_line(Bytes bytes) {
  const std::string_view text = text_of(bytes);
  return bytes.first(std::min(text.find('\n'), text.size()));
}

bool is_json(std::string_view media_type) {
  return media_type == kJson || media_type == kFhirJson;
}

// JSON under any name: one document, or (also when named .json) one object a line.
bool is_json_lines(Bytes content, MediaTypes& types) {
  return !is_json(types.of_document(content)) && is_json(types.of_line(first_line(content)));
}

/// `content` is the file, or at least its first kSniff bytes.
Shape shape_of(const std::string& path, Bytes content, MediaTypes& types) {
  if (text_of(content).find('\0') != std::string_view::npos) return Shape::kBinary;
  if (named(path, {".syslog"})) return Shape::kSyslog;
  if (named(path, {".ndjson", ".jsonl", ".log", ".txt"})) return Shape::kLines;
  if (is_json_lines(content, types)) return Shape::kLines;
  if (named(path, {".json", ".xml"})) return Shape::kDocument;
  return types.of_document(content) == kText ? Shape::kLines : Shape::kDocument;
}

std::string at(const EventStream& stream, const RawEvent& event) {
  return stream.path() + ":" + std::to_string(event.line);
}

std::string too_large(std::uint64_t size) {
  return "an event of " + std::to_string(size) + " bytes; a record holds less than " +
         std::to_string(format::kRecordMax);
}

}  // namespace

Result<std::optional<Position>> find_taken(const InputFile& file,
                                           const std::vector<Position>& known) {
  for (const Position& position : known) {
    if (position.standing == Standing::kNotOurs || !same_file(position.file, file.id())) continue;
    ASSIGN_OR_RETURN(const bool same, begins_as_taken(file, position));
    if (same) return std::optional(position);
  }
  return std::optional<Position>{};
}

Result<void> FileReader::read(const std::string& path) {
  Result<std::string> full = absolute_path(path);
  Result<InputFile> file = full ? InputFile::open(*full) : std::move(full).error();
  if (file) return read_open(*full, std::move(*file));
  intake_.refuse(path, file.error().message);
  return {};
}

Result<void> FileReader::read_open(const std::string& path, InputFile file) {
  ++files_;
  Buffer content(kSniff);
  const Result<std::size_t> got = file.read(ByteOffset{0}, content);
  if (!got) {
    intake_.refuse(path, got.error().message);
    return {};
  }
  content.resize(*got);
  const Shape shape = shape_of(path, content, media_types_);
  if (shape == Shape::kBinary) {
    intake_.refuse(path, "it is not text (it has zero bytes): unpack or convert it first");
    return {};
  }
  if (shape == Shape::kDocument) return read_document(path, file, content);
  const Framing framing = shape == Shape::kSyslog ? Framing::kSyslog : Framing::kLines;
  ASSIGN_OR_RETURN(const std::optional<Position> known,
                   find_taken(file, spool_.positions_of(path)));
  if (!known) return read_events(EventStream(path, std::move(file), framing));
  ASSIGN_OR_RETURN(Taken taken, Taken::of(file, known->taken));
  return read_events(EventStream(path, std::move(file), framing, std::move(taken), known->lines));
}

Result<void> FileReader::read_document(const std::string& path, const InputFile& file,
                                       const Buffer& content) {
  if (content.empty()) return {};
  if (content.size() > format::kRecordMax) {
    ASSIGN_OR_RETURN(const ByteOffset size, file.size());
    intake_.refuse(path + ":1", too_large(size.value));
    return {};
  }
  Taken taken;
  taken.feed(content);
  const Position position{path, file.id(), taken.size(), 0, taken.fingerprint(), Standing::kOpen};
  const auto same = [&](const Position& known) {
    return same_file(known.file, position.file) && known.taken == position.taken &&
           known.fingerprint == position.fingerprint;
  };
  if (std::ranges::any_of(spool_.positions_of(path), same)) {
    ++already_taken_;
    return {};
  }
  if (intake_.add(media_types_.of_document(content), content, path + ":1"))
    finished_.push_back(position);
  return flush_if_full(nullptr);
}

Result<void> FileReader::read_events(EventStream stream) {
  bool any = false;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<RawEvent> event, stream.next_or_rest());
    if (!event) break;
    any = true;
    if (event->oversize)
      intake_.refuse(at(stream, *event), too_large(event->size));
    else
      static_cast<void>(
          intake_.add(media_types_.of_line(event->payload), event->payload, at(stream, *event)));
    RETURN_IF_ERROR(flush_if_full(&stream));
  }
  if (any)
    finished_.push_back(stream.position());
  else
    ++already_taken_;
  return {};
}

Result<void> FileReader::flush_if_full(EventStream* open) {
  if (!intake_.full()) return {};
  if (open != nullptr) finished_.push_back(open->position());
  RETURN_IF_ERROR(intake_.flush(finished_));
  finished_.clear();
  return {};
}

Result<void> FileReader::finish() {
  RETURN_IF_ERROR(intake_.flush(finished_));
  finished_.clear();
  return {};
}

}  // namespace varve::collect
