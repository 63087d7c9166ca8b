// The catalogue over LMDB. The handles are RAII; every return code is looked at.
#include "ledger/store/catalogue.h"

#include <lmdb.h>

#include <array>
#include <utility>

#include "ledger/store/catalogue_rows.h"
#include "ledger/store/lmdb_file.h"

namespace varve::store {
namespace {

constexpr std::size_t kMapSize = std::size_t{1} << 36;  // address space, not memory or disk
constexpr unsigned kMaxReaders = 512;

enum Table : unsigned { kMeta, kSegments, kOrdinals, kCheckpoints, kBatches, kRequests, kTables };
constexpr std::array<const char*, kTables> kNames = {"meta",        "segments", "ordinals",
                                                     "checkpoints", "batches",  "requests"};

Error lmdb_error(int rc, const char* doing) {
  const std::string what = std::string("catalogue: ") + doing + ": " + ::mdb_strerror(rc);
  if (rc == MDB_NOTFOUND) return not_found(what);
  if (rc == ENOSPC || rc == MDB_MAP_FULL) return full(what);
  if (rc == MDB_CORRUPTED || rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH ||
      rc == MDB_PAGE_NOTFOUND)
    return corrupt(what + ": delete the folder catalogue, it is made again at the next start");
  if (rc == ENOMEM)
    return io_error(what + ": it needs 64 GiB of address space, though little memory: raise the limit "
                           "(ulimit -v, LimitAS= of the service)");
  return io_error(what);
}

#define LMDB_TRY(call, doing) \
  if (const int rc = (call); rc != MDB_SUCCESS) return lmdb_error(rc, doing)

struct Abort {
  void operator()(MDB_txn* t) const { ::mdb_txn_abort(t); }
};
using Txn = std::unique_ptr<MDB_txn, Abort>;
struct CloseCursor {
  void operator()(MDB_cursor* c) const { ::mdb_cursor_close(c); }
};
using Cursor = std::unique_ptr<MDB_cursor, CloseCursor>;

Result<Txn> begin(MDB_env* env, unsigned flags) {
  MDB_txn* raw = nullptr;
  LMDB_TRY(::mdb_txn_begin(env, nullptr, flags, &raw), "begin");
  return Txn(raw);
}

MDB_val val(Bytes b) { return {b.size(), const_cast<std::byte*>(b.data())}; }
Bytes view(const MDB_val& v) { return {static_cast<const std::byte*>(v.mv_data), v.mv_size}; }

}  // namespace

struct Catalogue::Tables {
  std::array<MDB_dbi, kTables> dbi{};
};

namespace {

/// One write transaction over the tables.
class Writer {
 public:
  Writer(MDB_txn* txn, const std::array<MDB_dbi, kTables>& dbi) : txn_(txn), dbi_(dbi) {}

  void put(Table table, Bytes key, Bytes row) {
    const Buffer stored = with_check(kNames[table], key, row);
    MDB_val k = val(key);
    MDB_val v = val(stored);
    if (rc_ == MDB_SUCCESS) rc_ = ::mdb_put(txn_, dbi_[table], &k, &v, 0);
  }
  void put_if_absent(Table table, Bytes key, Bytes row) {
    const Buffer stored = with_check(kNames[table], key, row);
    MDB_val k = val(key);
    MDB_val v = val(stored);
    if (rc_ != MDB_SUCCESS) return;
    const int rc = ::mdb_put(txn_, dbi_[table], &k, &v, MDB_NOOVERWRITE);
    if (rc != MDB_KEYEXIST) rc_ = rc;
  }
  [[nodiscard]] int rc() const { return rc_; }

 private:
  MDB_txn* txn_;
  const std::array<MDB_dbi, kTables>& dbi_;
  int rc_ = MDB_SUCCESS;
};

/// LMDB makes the file when there is none, or an empty one.
Result<void> check_file(const env::Filesystem& files) {
  const auto file = files.open_read("catalogue/data.mdb");
  if (!file && file.error().code == Code::kNotFound) return {};
  if (!file) return file.error();
  ASSIGN_OR_RETURN(const ByteOffset size, (*file)->size());
  if (size.value == 0) return {};
  return check_lmdb_file(**file, kNames);
}

}  // namespace

Catalogue::Catalogue(MDB_env* environment, std::unique_ptr<Tables> tables)
    : env_(environment), tables_(std::move(tables)) {}

Catalogue::~Catalogue() { ::mdb_env_close(env_); }

Result<std::unique_ptr<Catalogue>> Catalogue::open(env::Filesystem& files) {
  RETURN_IF_ERROR(files.make_directory("catalogue"));
  RETURN_IF_ERROR(check_file(files));
  MDB_env* raw = nullptr;
  LMDB_TRY(::mdb_env_create(&raw), "create");
  auto self = std::unique_ptr<Catalogue>(new Catalogue(raw, std::make_unique<Tables>()));
  LMDB_TRY(::mdb_env_set_mapsize(raw, kMapSize), "set the map size");
  LMDB_TRY(::mdb_env_set_maxdbs(raw, kTables), "set the number of tables");
  LMDB_TRY(::mdb_env_set_maxreaders(raw, kMaxReaders), "set the number of readers");
  // NOTLS: a reader belongs to its transaction, not to its thread. NORDAHEAD: lookups are random.
  LMDB_TRY(::mdb_env_open(raw, files.system_path("catalogue").c_str(), MDB_NOTLS | MDB_NORDAHEAD,
                          0600),
           "open");
  ASSIGN_OR_RETURN(Txn txn, begin(raw, 0));
  for (unsigned t = 0; t < kTables; ++t)
    LMDB_TRY(::mdb_dbi_open(txn.get(), kNames[t], MDB_CREATE, &self->tables_->dbi[t]), "open a table");
  Buffer version;
  ByteWriter(version).u32(kCatalogueVersion);
  MDB_val k = val(bytes_of("format"));
  MDB_val v = val(version);
  const int put = ::mdb_put(txn.get(), self->tables_->dbi[kMeta], &k, &v, MDB_NOOVERWRITE);
  if (put == MDB_KEYEXIST && to_buffer(view(v)) != version)
    return corrupt("the catalogue has another format: delete the folder catalogue, it is made again");
  if (put != MDB_SUCCESS && put != MDB_KEYEXIST) return lmdb_error(put, "write the format");
  LMDB_TRY(::mdb_txn_commit(txn.release()), "commit");
  return self;
}

Result<std::unique_ptr<Catalogue>> Catalogue::open_to_read(const env::Filesystem& files) {
  RETURN_IF_ERROR(check_file(files));
  MDB_env* raw = nullptr;
  LMDB_TRY(::mdb_env_create(&raw), "create");
  auto self = std::unique_ptr<Catalogue>(new Catalogue(raw, std::make_unique<Tables>()));
  LMDB_TRY(::mdb_env_set_mapsize(raw, kMapSize), "set the map size");
  LMDB_TRY(::mdb_env_set_maxdbs(raw, kTables), "set the number of tables");
  LMDB_TRY(::mdb_env_open(raw, files.system_path("catalogue").c_str(),
                          MDB_NOTLS | MDB_NORDAHEAD | MDB_RDONLY | MDB_NOLOCK, 0600),
           "open");
  ASSIGN_OR_RETURN(Txn txn, begin(raw, MDB_RDONLY));
  for (unsigned t = 0; t < kTables; ++t) {
    const int opened = ::mdb_dbi_open(txn.get(), kNames[t], 0, &self->tables_->dbi[t]);
    if (opened == MDB_NOTFOUND) return corrupt("it has no table " + std::string(kNames[t]));
    LMDB_TRY(opened, "open a table");
  }
  LMDB_TRY(::mdb_txn_commit(txn.release()), "keep the tables");
  return self;
}

Result<void> Catalogue::destroy(env::Filesystem& files) {
  auto names = files.list("catalogue");
  if (!names && names.error().code == Code::kNotFound) return {};
  if (!names) return std::move(names).error();
  for (const std::string& name : *names) RETURN_IF_ERROR(files.remove("catalogue/" + name));
  return {};
}

Result<void> Catalogue::record_segment(const SegmentFacts& facts, const Mark& mark, Bytes state) {
  ASSIGN_OR_RETURN(Txn txn, begin(env_, 0));
  Writer out(txn.get(), tables_->dbi);
  const SegmentRow& row = facts.row;
  if (row.first < row.end) out.put(kSegments, key_of(row.end.value - 1), encode_row(row));
  out.put(kOrdinals, key_of(row.ordinal), encode_row(row));
  for (const FrameRef& c : facts.checkpoints)
    out.put_if_absent(kCheckpoints, key_of(c.first), encode_row(row.ordinal, c.at));
  for (const auto& [key, batch] : facts.batches) out.put(kBatches, key_of(key), encode_row(batch));
  for (const auto& [key, r] : facts.requests) out.put(kRequests, key.view(), encode_row(r));
  out.put(kMeta, bytes_of("mark"), encode_row(mark));
  out.put(kMeta, bytes_of("state"), state);
  LMDB_TRY(out.rc(), "write a segment's rows");
  LMDB_TRY(::mdb_txn_commit(txn.release()), "commit");
  return {};
}

Result<Buffer> Catalogue::get(unsigned table, Bytes key) const {
  ASSIGN_OR_RETURN(const Txn txn, begin(env_, MDB_RDONLY));
  MDB_val k = val(key);
  MDB_val v{};
  LMDB_TRY(::mdb_get(txn.get(), tables_->dbi[table], &k, &v), "look up");
  ASSIGN_OR_RETURN(const Bytes row, checked_row(kNames[table], key, view(v)));
  return to_buffer(row);
}

Result<Mark> Catalogue::mark() const {
  auto row = get(kMeta, bytes_of("mark"));
  if (!row && row.error().code == Code::kNotFound) return Mark{};
  if (!row) return std::move(row).error();
  return decode_mark(*row);
}

Result<Buffer> Catalogue::state() const { return get(kMeta, bytes_of("state")); }

Result<BatchRow> Catalogue::batch(const BatchKey& key) const {
  ASSIGN_OR_RETURN(const Buffer row, get(kBatches, key_of(key)));
  return decode_batch_row(row);
}

Result<RequestRow> Catalogue::request(const Hash& key) const {
  ASSIGN_OR_RETURN(const Buffer row, get(kRequests, key.view()));
  return decode_request_row(row);
}

Result<SegmentRow> Catalogue::segment(std::uint64_t ordinal) const {
  ASSIGN_OR_RETURN(const Buffer row, get(kOrdinals, key_of(ordinal)));
  return decode_segment_row(row);
}

namespace {

/// The first row whose key is at least `key` (MDB_SET_RANGE), or the last row (MDB_LAST), decoded
/// inside the transaction.
template <class Decode>
auto find_row(MDB_env* env, const Catalogue::Tables& tables, Table table, std::uint64_t key,
              MDB_cursor_op how, Decode decode) -> decltype(decode(Bytes{}, Bytes{})) {
  ASSIGN_OR_RETURN(const Txn txn, begin(env, MDB_RDONLY));
  MDB_cursor* raw = nullptr;
  LMDB_TRY(::mdb_cursor_open(txn.get(), tables.dbi[table], &raw), "open a cursor");
  const Cursor cursor(raw);
  const Buffer wanted = key_of(key);
  MDB_val k = val(wanted);
  MDB_val v{};
  LMDB_TRY(::mdb_cursor_get(raw, &k, &v, how), "look up");
  ASSIGN_OR_RETURN(const Bytes row, checked_row(kNames[table], view(k), view(v)));
  return decode(view(k), row);
}

}  // namespace

Result<SegmentRow> Catalogue::segment_of(LeafIndex i) const {
  ASSIGN_OR_RETURN(
      const SegmentRow row,
      find_row(env_, *tables_, kSegments, i.value, MDB_SET_RANGE,
                 [](Bytes, Bytes bytes) { return decode_segment_row(bytes); }));
  if (i < row.first) return corrupt("the catalogue has a hole: delete the folder catalogue");
  return row;
}

Result<CheckpointPlace> Catalogue::checkpoint_at(TreeSize size) const {
  return find_row(env_, *tables_, kCheckpoints, size.value, MDB_SET_RANGE, decode_checkpoint_row);
}

Result<CheckpointPlace> Catalogue::last_checkpoint() const {
  return find_row(env_, *tables_, kCheckpoints, 0, MDB_LAST, decode_checkpoint_row);
}

}  // namespace varve::store
