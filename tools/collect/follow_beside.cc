// The files beside a followed one that nothing is known of: copies to go on in, and files that came
// and went while nobody looked.
#include <algorithm>
#include <ranges>

#include "ledger/merkle/tree.h"
#include "tools/collect/follow_stream.h"
#include "tools/collect/followed_path.h"

namespace varve::collect {
namespace {

// When a copy is shorter than what was taken, events were taken between the copy and the cut. The
// one who took them has the bytes to compare. After a start there is only the hash of a whole head.
Result<bool> is_short_copy(const InputFile& file, const Position& position, const Taken* taken) {
  if (taken != nullptr) return taken->begins_with(file);
  const Result<Taken> head = Taken::of(file, ByteOffset{kHeadSize});
  if (!head && head.error().code == Code::kNotFound) return false;
  if (!head) return head.error();
  return head->fingerprint().head == position.fingerprint.head;
}

/// Whether `file` has nothing behind what was taken of it, but perhaps a hole.
bool ends_at(const InputFile& file, ByteOffset taken) {
  const Result<std::optional<ByteOffset>> more = file.after_zeros(taken);
  return more && !*more;
}

std::string cannot_be_read(const std::string& path, const Error& why) {
  return path + " was rotated away and cannot be read: " + why.message;
}

}  // namespace

Result<std::optional<EventStream>> stream_from(const std::string& path, InputFile& file,
                                               const Position& position) {
  Result<Taken> taken = Taken::of(file, position.taken);
  if (!taken && taken.error().code != Code::kNotFound) return std::move(taken).error();
  if (!taken || taken->fingerprint() != position.fingerprint) return std::optional<EventStream>{};
  return std::optional<EventStream>(std::in_place, path, std::move(file), Framing::kLines,
                                    std::move(*taken), position.lines);
}

// In this order: when `path` is cut in between, it is seen not to begin with it any more.
Result<bool> is_copy_of(const InputFile& file, const std::string& path) {
  ASSIGN_OR_RETURN(const ByteOffset size, file.size());
  ASSIGN_OR_RETURN(const Taken all, Taken::of(file, size));
  const Result<InputFile> original = InputFile::open(path);
  const Result<Taken> begin = original ? Taken::of(*original, size) : original.error();
  if (!begin && begin.error().code == Code::kNotFound) return false;  // it is gone, or shorter
  if (!begin) return begin.error();
  return begin->fingerprint() == all.fingerprint();
}

bool FollowedPath::is_open(const FileId& file) const {
  const auto same = [&](const OpenFile& one) { return same_file(one.stream.file().id(), file); };
  return (live_ && same(*live_)) || std::ranges::any_of(rotated_, same);
}

/// What is there to take from a rotated file.
std::optional<FollowedPath::Beside> FollowedPath::news_of(const Sibling& sibling) {
  Result<InputFile> file = InputFile::open(sibling.path);
  if (!file && file.error().code != Code::kNotFound)
    say_of(sibling.now.file, cannot_be_read(sibling.path, file.error()));
  if (!file || is_open(file->id())) return std::nullopt;
  const auto reads_it = [&](const FollowedPath& path) { return path.reads(*file); };
  if (std::ranges::any_of(parts_.paths, reads_it)) return std::nullopt;
  const Result<ByteOffset> size = file->size();
  if (!size || size->value == 0) return std::nullopt;
  Result<std::optional<Position>> known = position_of(*file);
  if (!known) say_of(file->id(), cannot_be_read(sibling.path, known.error()));
  if (!known) return std::nullopt;
  if (*known) {
    const Position& position = **known;
    const bool done = position.standing == Standing::kFinished && ends_at(*file, position.taken);
    if (done || position.standing == Standing::kNotOurs) return std::nullopt;
  }
  return Beside{sibling.path, std::move(*file), std::move(*known)};
}

/// How far this path, or else another, has taken a file that is not open. Errors: kIo.
Result<std::optional<Position>> FollowedPath::position_of(const InputFile& file) const {
  for (const Position& position : closed_) {
    if (!same_file(position.file, file.id())) continue;
    ASSIGN_OR_RETURN(const bool same, begins_as_taken(file, position));
    if (same) return std::optional(position);
  }
  return known_to_another(file);
}

/// Oldest first, one open at a time: there may be more of them than descriptors.
/// Errors: kIo  the directory cannot be read.
Result<void> FollowedPath::visit_news(const std::function<void(Beside)>& visit) {
  ASSIGN_OR_RETURN(const std::vector<Sibling> siblings, siblings_of(path_));
  while (close_one_overwritten()) {
  }
  for (const Sibling& sibling : siblings) {
    if (!is_rotated_from_here(sibling)) continue;
    if (std::optional<Beside> one = news_of(sibling)) visit(std::move(*one));
  }
  return {};
}

/// By its name, which is no followed one.
bool FollowedPath::is_rotated_from_here(const Sibling& sibling) const {
  const bool followed = std::ranges::find(parts_.names, sibling.path) != parts_.names.end();
  return !followed && is_rotated_name(path_, sibling.path);
}

/// The first of what is there to take; the others in the next look.
Result<std::vector<FollowedPath::Beside>> FollowedPath::news_to_take() {
  std::vector<Beside> news;
  RETURN_IF_ERROR(visit_news([&](Beside one) {
    if (news.size() == kNewsMax)
      look_again_ = true;
    else if (one.position || !is_left_out(one))
      news.push_back(std::move(one));
  }));
  return news;
}

bool FollowedPath::is_left_out(const Beside& unknown) {
  if (!looks_like_text(unknown.file)) {
    say_of(unknown.file.id(), unknown.path +
                                  " was rotated away and is not text (it has zero bytes): "
                                  "nothing of it is taken");
    return true;
  }
  const Result<bool> copy = is_copy_of(unknown.file, path_);
  look_again_ = look_again_ || !copy;  // whether it is one cannot be seen now
  if (!copy) return true;
  if (!*copy) return false;
  say_of(unknown.file.id(), unknown.path + " has nothing that " + path_ +
                                " does not begin with: it is left out until that is cut");
  return true;
}

FileSlots::Slot FollowedPath::slot_for_rotated() {
  FileSlots::Slot slot = parts_.slots.take();
  if (!slot && let_go_of_one()) slot = parts_.slots.take();
  return slot;
}

void FollowedPath::take_from(Beside news) {
  FileSlots::Slot slot = slot_for_rotated();
  if (!slot) {
    look_again_ = true;
    return;
  }
  std::optional<EventStream> stream;
  if (news.position) {
    Result<std::optional<EventStream>> rest = stream_from(path_, news.file, *news.position);
    look_again_ = look_again_ || !rest;
    if (!rest || !*rest) return;
    stream.emplace(std::move(**rest));
    take_over(*news.position);
  } else {
    parts_.say(news.path + " came and went unseen: it is read from its beginning");
    stream.emplace(path_, std::move(news.file), Framing::kLines);
  }
  rotated_.emplace_back(std::move(*stream), now_ms(), std::move(slot));
}

/// Returns whether the directory could be listed; else that is said, and nothing is concluded.
/// Errors: those of notice_cut(). A cut between the two makes a copy look like a file of its own;
/// then again.
Result<bool> FollowedPath::look_beside() {
  Result<void> listed = find_unfinished();
  std::vector<Beside> news;
  for (bool cut = true; cut && listed;) {
    Result<std::vector<Beside>> found = news_to_take();
    if (!found) listed = std::move(found).error();
    if (!listed) break;
    news = std::move(*found);
    ASSIGN_OR_RETURN(cut, notice_cut());
  }
  say_unlisted(listed);
  if (!listed) return false;
  for (Beside& one : news) take_from(std::move(one));
  forget_gone();
  return true;
}

/// In the longest copy of what was taken up to `position`. `taken` is what that was, where it is
/// still known. Returns whether there is one. Errors: kIo  the directory cannot be read.
Result<bool> FollowedPath::go_on_in_copy(const Position& position, const Taken* taken) {
  std::optional<Beside> copy;
  ByteOffset longest;
  RETURN_IF_ERROR(visit_news([&](Beside one) {
    const Result<ByteOffset> size = one.file.size();
    if (!size || *size <= longest || one.position || position.taken == ByteOffset{0}) return;
    if (same_file(one.file.id(), position.file)) return;  // it was written anew
    const Result<bool> same = *size < position.taken ? is_short_copy(one.file, position, taken)
                                                     : begins_as_taken(one.file, position);
    if (!same) say_of(one.file.id(), cannot_be_read(one.path, same.error()));
    if (!same || !*same) return;
    longest = *size;
    copy.emplace(std::move(one));
  }));
  return copy && open_copy(std::move(*copy), longest, position, taken != nullptr);
}

/// `size`: of the copy. `bytes_are_known`: not only by their hash. Returns whether it worked.
bool FollowedPath::open_copy(Beside copy, ByteOffset size, const Position& position,
                             bool bytes_are_known) {
  if (size >= position.taken) {
    Result<std::optional<EventStream>> rest = stream_from(path_, copy.file, position);
    if (!rest || !*rest) return false;
    rotated_.emplace_back(std::move(**rest), now_ms(), slot_for_rotated());
    return true;
  }
  if (!bytes_are_known)
    parts_.say(copy.path +
               " is a copy of what was taken already, and shorter: nothing of it is taken");
  const Result<Taken> all = Taken::of(copy.file, size);
  if (!all) return false;
  closed_.push_back({path_, copy.file.id(), size, 0, all->fingerprint(), Standing::kFinished});
  settled_.push_back(closed_.back());
  return true;
}

// A file that is not in the listing may only be between two names, or come back: some are kept, and
// all while nothing is under the path, which may be away with all that is beside it.
void FollowedPath::forget_gone() {
  const Result<std::vector<Sibling>> beside = siblings_of(path_);
  if (!beside || !live_) return;
  const auto is_there = [&](const FileId& file) {
    return std::ranges::any_of(*beside,
                               [&](const Sibling& s) { return same_file(s.now.file, file); });
  };
  std::erase_if(said_of_, [&](const FileId& file) { return !is_there(file); });
  std::vector<Position> kept;
  std::size_t gone = 0;
  for (Position& position : std::views::reverse(closed_)) {
    const bool keep = position.standing == Standing::kOpen || is_there(position.file);
    if (keep || ++gone <= kGoneMax)
      kept.push_back(std::move(position));
    else if (!is_in_use(position.file.inode, kept))
      settled_.push_back({path_, position.file, {}, 0, {}, Standing::kForgotten});
  }
  std::ranges::reverse(kept);
  closed_ = std::move(kept);
}

// A later file has it, and its position took the place of the old one.
bool FollowedPath::is_in_use(std::uint64_t inode, const std::vector<Position>& closed) const {
  const auto has = [&](const OpenFile& one) { return one.stream.file().id().inode == inode; };
  const auto had = [&](const Position& position) { return position.file.inode == inode; };
  return (live_ && has(*live_)) || std::ranges::any_of(rotated_, has) ||
         std::ranges::any_of(closed, had);
}

}  // namespace varve::collect
