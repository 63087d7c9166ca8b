// Which file is a document, which is lines, and what is new in it.
#include "tools/collect/file_reader.h"

#include <algorithm>

#include "ledger/env/running_hash.h"
#include "ledger/format/record.h"
#include "tools/collect/media_type.h"
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
bool is_json_lines(Bytes content) {
  return !is_json(media_type_of_document(content)) &&
         is_json(media_type_of_line(first_line(content)));
}

/// `content` is the file behind its hole, or at least the first kSniff bytes of that.
Shape shape_of(const std::string& path, Bytes content, bool behind_a_hole) {
  if (!is_text(content)) return Shape::kBinary;
  if (named(path, {".syslog"})) return Shape::kSyslog;
  if (behind_a_hole || named(path, {".ndjson", ".jsonl", ".log", ".txt"})) return Shape::kLines;
  if (is_json_lines(content)) return Shape::kLines;
  if (named(path, {".json", ".xml"})) return Shape::kDocument;
  return media_type_of_document(content) == kText ? Shape::kLines : Shape::kDocument;
}

/// Of the whole file, which may be of any size. Errors: kIo.
Result<Hash> hash_of(const InputFile& file) {
  env::RunningHash hash;
  Buffer chunk(kSniff);
  for (ByteOffset at;;) {
    ASSIGN_OR_RETURN(const std::size_t got, file.read(at, chunk));
    if (got == 0) return hash.finish();
    hash.feed(Bytes{chunk}.first(got));
    at.value += got;
  }
}

}  // namespace

void take_event(const EventStream& stream, const RawEvent& event, Intake& intake) {
  const std::string where = stream.path() + ":" + std::to_string(event.line);
  if (event.hole > 0) intake.say(hole_text(where, event.hole));
  if (event.oversize)
    intake.refuse_event(where, event.size, event.sha256);
  else
    intake.add(media_type_of_line(event.payload), event.payload, where);
}

std::vector<Position> known_positions(const Spool& spool, const std::string& path,
                                      const std::string& other) {
  std::vector<Position> known = spool.positions_of(path);
  if (other == path) return known;
  for (Position& position : spool.positions_of(other)) known.push_back(std::move(position));
  return known;
}

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
  const Result<std::string> given = given_path(path);
  Result<std::string> full = resolved_path(path);
  Result<InputFile> file = full ? InputFile::open(*full) : std::move(full).error();
  if (file && given)
    return read_open({*full, known_positions(spool_, *full, *given)}, std::move(*file));
  intake_.refuse(path, file ? given.error().message : file.error().message);
  return {};
}

/// What the file has behind a hole at its beginning, kSniff bytes at most.
Result<FileReader::Begin> FileReader::look_into(const InputFile& file) {
  ASSIGN_OR_RETURN(const std::optional<ByteOffset> from, file.after_zeros(ByteOffset{0}));
  Begin begin{Buffer(kSniff), from && *from > ByteOffset{0}};
  ASSIGN_OR_RETURN(const std::size_t got, file.read(from.value_or(ByteOffset{0}), begin.content));
  begin.content.resize(from ? got : 0);
  return begin;
}

Result<void> FileReader::read_open(const Input& input, InputFile file) {
  const std::string& path = input.path;
  ++files_;
  const Result<Begin> begin = look_into(file);
  if (!readable(path, begin)) return {};
  const Shape shape = shape_of(path, begin->content, begin->behind_a_hole);
  if (shape == Shape::kBinary) {
    intake_.refuse(path, "it is not text (it has zero bytes): unpack or convert it first");
    return {};
  }
  if (shape == Shape::kDocument) return read_document(input, file, begin->content);
  const Framing framing = shape == Shape::kSyslog ? Framing::kSyslog : Framing::kLines;
  const Result<std::optional<Position>> known = find_taken(file, input.known);
  if (!readable(path, known)) return {};
  if (!*known) return read_events(EventStream(path, std::move(file), framing));
  Result<Taken> taken = Taken::of(file, (*known)->taken);
  if (!readable(path, taken)) return {};
  return read_events(
      EventStream(path, std::move(file), framing, std::move(*taken), (*known)->lines));
}

Result<void> FileReader::read_document(const Input& input, const InputFile& file,
                                       const Buffer& content) {
  if (content.empty()) return {};
  Taken taken;
  taken.feed(content);
  const bool fits = content.size() <= format::kRecordMax;
  if (!fits) {
    const Result<ByteOffset> size = file.size();
    Result<Taken> all = size ? Taken::of(file, *size) : size.error();
    if (!readable(input.path, all)) return {};
    taken = std::move(*all);
  }
  const Position position{input.path, file.id(),           taken.size(),
                          0,          taken.fingerprint(), Standing::kOpen};
  const auto same = [&](const Position& known) {
    return same_file(known.file, position.file) && known.taken == position.taken &&
           known.fingerprint == position.fingerprint;
  };
  if (std::ranges::any_of(input.known, same)) {
    ++already_taken_;
    return {};
  }
  const std::string where = input.path + ":1";
  if (fits) {
    intake_.add(media_type_of_document(content), content, where);
  } else {
    const Result<Hash> sha256 = hash_of(file);
    if (!readable(input.path, sha256)) return {};
    intake_.refuse_event(where, taken.size().value, *sha256);
  }
  finished_.push_back(position);
  return flush_if_full(nullptr);
}

Result<void> FileReader::read_events(EventStream stream) {
  bool any = false;
  while (!stop_) {
    const Result<std::optional<RawEvent>> event = stream.next_or_rest();
    if (!readable(stream.path(), event) || !*event) break;
    any = true;
    take_event(stream, **event, intake_);
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
