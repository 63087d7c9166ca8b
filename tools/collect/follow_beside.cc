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
bool is_short_copy(const InputFile& file, const Position& position, const Taken* taken) {
  if (taken != nullptr) {
    const Result<bool> same = taken->begins_with(file);
    return same && *same;
  }
  const Result<Taken> head = Taken::of(file, ByteOffset{kHeadSize});
  return head && head->fingerprint().head == position.fingerprint.head;
}

/// Whether `file` has nothing behind what was taken of it, but perhaps a hole.
bool ends_at(const InputFile& file, ByteOffset taken) {
  const Result<std::optional<ByteOffset>> more = file.after_zeros(taken);
  return more && !*more;
}

}  // namespace

bool begins_so(const InputFile& file, const Position& position) {
  const Result<bool> same = begins_as_taken(file, position);
  return same && *same;
}

std::optional<EventStream> stream_from(const std::string& path, InputFile file,
                                       const Position& position) {
  Result<Taken> taken = Taken::of(file, position.taken);
  if (!taken || taken->fingerprint() != position.fingerprint) return std::nullopt;
  return EventStream(path, std::move(file), Framing::kLines, std::move(*taken), position.lines);
}

// In this order: when `path` is cut in between, it is seen not to begin with it any more.
bool is_copy_of(const InputFile& file, const std::string& path) {
  const Result<ByteOffset> size = file.size();
  const Result<Taken> all = size ? Taken::of(file, *size) : size.error();
  const Result<InputFile> original = InputFile::open(path);
  const Result<Taken> begin = all && original ? Taken::of(*original, *size) : not_found("");
  return begin && begin->fingerprint() == all->fingerprint();
}

bool FollowedPath::is_open(const FileId& file) const {
  const auto same = [&](const Generation& g) { return same_file(g.stream.file().id(), file); };
  return (live_ && same(*live_)) || std::ranges::any_of(rotated_, same);
}

void FollowedPath::say_of(const FileId& file, const std::string& line) {
  if (said_of_.insert(file).second) parts_.say(line);
}

/// What is there to take from a rotated file.
std::optional<FollowedPath::Beside> FollowedPath::news_of(const Sibling& sibling) {
  Result<InputFile> file = InputFile::open(sibling.path);
  if (!file && file.error().code != Code::kNotFound)
    say_of(sibling.now.file,
           sibling.path + " was rotated away and cannot be read: " + file.error().message);
  if (!file || is_open(file->id())) return std::nullopt;
  const Result<ByteOffset> size = file->size();
  if (!size || size->value == 0) return std::nullopt;
  for (const Position& position : ended_) {
    if (!same_file(position.file, file->id()) || !begins_so(*file, position)) continue;
    if (position.standing == Standing::kNotOurs || ends_at(*file, position.taken))
      return std::nullopt;
    return Beside{sibling.path, std::move(*file), position};
  }
  return Beside{sibling.path, std::move(*file), std::nullopt};
}

/// Oldest first, one open at a time: there may be more of them than descriptors.
void FollowedPath::visit_news(const std::function<void(Beside)>& visit) {
  for (const Sibling& sibling : siblings_of(path_)) {
    const bool followed = std::ranges::find(parts_.followed, sibling.path) != parts_.followed.end();
    if (followed || !is_rotated_name(path_, sibling.path)) continue;
    if (std::optional<Beside> one = news_of(sibling)) visit(std::move(*one));
  }
}

/// The first of what is there to take; the others in the next look.
std::vector<FollowedPath::Beside> FollowedPath::news_to_take() {
  std::vector<Beside> news;
  visit_news([&](Beside one) {
    if (news.size() == kNewsMax)
      look_again_ = true;
    else if (one.position || !is_left_out(one))
      news.push_back(std::move(one));
  });
  return news;
}

bool FollowedPath::is_left_out(const Beside& unknown) {
  if (!looks_like_text(unknown.file)) {
    say_of(unknown.file.id(), unknown.path +
                                  " was rotated away and is not text (it has zero bytes): "
                                  "nothing of it is taken");
    return true;
  }
  if (!is_copy_of(unknown.file, path_)) return false;
  say_of(unknown.file.id(), unknown.path + " has nothing that " + path_ +
                                " does not begin with: it is left out until that is cut");
  return true;
}

void FollowedPath::take_from(Beside news) {
  FileSlots::Slot slot = parts_.slots.take();
  if (!slot && let_go_of_one()) slot = parts_.slots.take();
  if (!slot) {
    look_again_ = true;
    return;
  }
  std::optional<EventStream> stream;
  if (news.position) {
    stream = stream_from(path_, std::move(news.file), *news.position);
    if (!stream) return;
    std::erase(ended_, *news.position);
  } else {
    parts_.say(news.path + " came and went unseen: it is read from its beginning");
    stream.emplace(path_, std::move(news.file), Framing::kLines);
  }
  rotated_.emplace_back(std::move(*stream), now_ms(), std::move(slot));
}

// A cut between the two makes a copy look like a file of its own; then again.
Result<void> FollowedPath::look_beside() {
  std::vector<Beside> news;
  for (bool cut = true; cut;) {
    news = news_to_take();
    ASSIGN_OR_RETURN(cut, notice_cut());
  }
  for (Beside& one : news) take_from(std::move(one));
  forget_gone();
  return {};
}

/// In the longest copy of what was taken up to `position`. `taken` is what that was, where it is
/// still known.
bool FollowedPath::go_on_in_copy(const Position& position, const Taken* taken) {
  std::optional<Beside> copy;
  ByteOffset longest;
  visit_news([&](Beside one) {
    const Result<ByteOffset> size = one.file.size();
    if (!size || *size <= longest || one.position || position.taken == ByteOffset{0}) return;
    const bool same = *size < position.taken ? is_short_copy(one.file, position, taken)
                                             : begins_so(one.file, position);
    if (!same) return;
    longest = *size;
    copy.emplace(std::move(one));
  });
  if (!copy) return false;
  if (longest >= position.taken) {
    std::optional<EventStream> rest = stream_from(path_, std::move(copy->file), position);
    if (rest) rotated_.emplace_back(std::move(*rest), now_ms(), parts_.slots.take());
    return rest.has_value();
  }
  if (taken == nullptr)
    parts_.say(copy->path +
               " is a copy of what was taken already, and shorter: nothing of it is taken");
  const Result<Taken> all = Taken::of(copy->file, longest);
  if (!all) return false;
  ended_.push_back({path_, copy->file.id(), longest, 0, all->fingerprint(), Standing::kFinished});
  settled_.push_back(ended_.back());
  return true;
}

// A file that is not in the listing may only be between two names, or come back: some are kept.
void FollowedPath::forget_gone() {
  const std::vector<Sibling> beside = siblings_of(path_);
  const auto is_beside = [&](const FileId& file) {
    return std::ranges::any_of(beside,
                               [&](const Sibling& s) { return same_file(s.now.file, file); });
  };
  std::erase_if(said_of_, [&](const FileId& file) { return !is_beside(file); });
  std::vector<Position> kept;
  std::size_t gone = 0;
  for (Position& position : std::views::reverse(ended_)) {
    if (is_beside(position.file) || ++gone <= kGoneMax)
      kept.push_back(std::move(position));
    else if (!is_in_use(position.file.inode, kept))
      settled_.push_back({path_, position.file, {}, 0, {}, Standing::kForgotten});
  }
  std::ranges::reverse(kept);
  ended_ = std::move(kept);
}

// A later file has it, and its position took the place of the old one.
bool FollowedPath::is_in_use(std::uint64_t inode, const std::vector<Position>& ended) const {
  const auto has = [&](const Generation& g) { return g.stream.file().id().inode == inode; };
  const auto had = [&](const Position& position) { return position.file.inode == inode; };
  return (live_ && has(*live_)) || std::ranges::any_of(rotated_, has) ||
         std::ranges::any_of(ended, had);
}

}  // namespace varve::collect
