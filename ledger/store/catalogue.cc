// The catalogue over LMDB. The handles are RAII; every return code is looked at.
#include "ledger/store/catalogue.h"

#include <lmdb.h>

#include <array>
#include <utility>

#include "ledger/store/catalogue_rows.h"
#include "ledger/store/lmdb_file.h"

namespace varve::store {
namespace {

constexpr std::size_t kMapStart = std::size_t{1} << 24;  // it grows as the file does
constexpr unsigned kMaxReaders = 512;

Error lmdb_error(int rc, const char* doing) {
  const std::string what = std::string("catalogue: ") + doing + ": " + ::mdb_strerror(rc);
  if (rc == MDB_NOTFOUND) return not_found(what);
  if (rc == ENOSPC || rc == MDB_MAP_FULL) return full(what);
  if (rc == MDB_CORRUPTED || rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH ||
      rc == MDB_PAGE_NOTFOUND)
    return corrupt(what + ": delete the folder catalogue, it is made again at the next start");
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

MDB_val val(Bytes b) {
  return {b.size(), const_cast<std::byte*>(b.data())};
}
Bytes view(const MDB_val& v) {
  return {static_cast<const std::byte*>(v.mv_data), v.mv_size};
}

}  // namespace

struct Catalogue::Tables {
  std::array<MDB_dbi, kCatalogueTables> dbi{};
};

namespace {

/// Errors: the code of LMDB.
int put_rows(MDB_txn* txn, MDB_dbi table, const std::map<Buffer, Buffer>& rows, unsigned flags) {
  for (const auto& [key, row] : rows) {
    MDB_val k = val(key);
    MDB_val v = val(row);
    const int rc = ::mdb_put(txn, table, &k, &v, flags);
    if (rc != MDB_SUCCESS && rc != MDB_KEYEXIST) return rc;
  }
  return MDB_SUCCESS;
}

Result<std::map<Buffer, Buffer>> all_rows(MDB_txn* txn, MDB_dbi table) {
  MDB_cursor* raw = nullptr;
  LMDB_TRY(::mdb_cursor_open(txn, table, &raw), "open a cursor");
  const Cursor cursor(raw);
  std::map<Buffer, Buffer> rows;
  for (MDB_val k{}, v{};;) {
    const int rc = ::mdb_cursor_get(raw, &k, &v, MDB_NEXT);
    if (rc == MDB_NOTFOUND) return rows;
    if (rc != MDB_SUCCESS) return lmdb_error(rc, "read a table");
    rows.emplace(to_buffer(view(k)), to_buffer(view(v)));
  }
}

/// LMDB makes the file when there is none, or an empty one.
Result<void> check_file(const env::Filesystem& files) {
  const auto file = files.open_read("catalogue/data.mdb");
  if (!file && file.error().code == Code::kNotFound) return {};
  if (!file) return file.error();
  ASSIGN_OR_RETURN(const ByteOffset size, (*file)->size());
  if (size.value == 0) return {};
  return check_lmdb_file(**file, kCatalogueTableNames);
}

}  // namespace

Catalogue::Catalogue(MDB_env* environment, std::unique_ptr<Tables> tables)
    : env_(environment), tables_(std::move(tables)) {}

Catalogue::~Catalogue() {
  ::mdb_env_close(env_);
}

Result<std::unique_ptr<Catalogue>> Catalogue::open(env::Filesystem& files) {
  RETURN_IF_ERROR(files.make_directory("catalogue"));
  RETURN_IF_ERROR(check_file(files));
  MDB_env* raw = nullptr;
  LMDB_TRY(::mdb_env_create(&raw), "create");
  auto self = std::unique_ptr<Catalogue>(new Catalogue(raw, std::make_unique<Tables>()));
  LMDB_TRY(::mdb_env_set_mapsize(raw, kMapStart), "set the map size");
  LMDB_TRY(::mdb_env_set_maxdbs(raw, kCatalogueTables), "set the number of tables");
  LMDB_TRY(::mdb_env_set_maxreaders(raw, kMaxReaders), "set the number of readers");
  // NOTLS: a reader belongs to its transaction, not to its thread. NORDAHEAD: lookups are random.
  LMDB_TRY(
      ::mdb_env_open(raw, files.system_path("catalogue").c_str(), MDB_NOTLS | MDB_NORDAHEAD, 0600),
      "open");
  ASSIGN_OR_RETURN(Txn txn, begin(raw, 0));
  for (unsigned t = 0; t < kCatalogueTables; ++t)
    LMDB_TRY(::mdb_dbi_open(txn.get(), kCatalogueTableNames[t], MDB_CREATE, &self->tables_->dbi[t]),
             "open a table");
  Buffer version;
  ByteWriter(version).u32(kCatalogueVersion);
  MDB_val k = val(bytes_of("format"));
  MDB_val v = val(version);
  const int put = ::mdb_put(txn.get(), self->tables_->dbi[kMetaTable], &k, &v, MDB_NOOVERWRITE);
  if (put == MDB_KEYEXIST && to_buffer(view(v)) != version)
    return corrupt(
        "the catalogue has another format: delete the folder catalogue, it is made again");
  if (put != MDB_SUCCESS && put != MDB_KEYEXIST) return lmdb_error(put, "write the format");
  LMDB_TRY(::mdb_txn_commit(txn.release()), "commit");
  return self;
}

Result<std::unique_ptr<Catalogue>> Catalogue::open_to_read(const env::Filesystem& files) {
  ASSIGN_OR_RETURN(const auto file, files.open_read("catalogue/data.mdb"));
  ASSIGN_OR_RETURN(const ByteOffset size, file->size());
  if (size.value == 0) return corrupt("catalogue/data.mdb is empty");
  RETURN_IF_ERROR(check_lmdb_file(*file, kCatalogueTableNames));
  MDB_env* raw = nullptr;
  LMDB_TRY(::mdb_env_create(&raw), "create");
  auto self = std::unique_ptr<Catalogue>(new Catalogue(raw, std::make_unique<Tables>()));
  LMDB_TRY(::mdb_env_set_mapsize(raw, kMapStart), "set the map size");
  LMDB_TRY(::mdb_env_set_maxdbs(raw, kCatalogueTables), "set the number of tables");
  LMDB_TRY(::mdb_env_open(raw, files.system_path("catalogue").c_str(),
                          MDB_NOTLS | MDB_NORDAHEAD | MDB_RDONLY | MDB_NOLOCK, 0600),
           "open");
  ASSIGN_OR_RETURN(Txn txn, begin(raw, MDB_RDONLY));
  for (unsigned t = 0; t < kCatalogueTables; ++t) {
    const char* const name = kCatalogueTableNames[t];
    const int opened = ::mdb_dbi_open(txn.get(), name, 0, &self->tables_->dbi[t]);
    if (opened == MDB_NOTFOUND) return corrupt("it has no table " + std::string(name));
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

Result<void> Catalogue::record_segment(const SegmentFacts& facts, const CataloguePosition& position,
                                       Bytes state) {
  CatalogueRows rows;
  add_segment_rows(rows, facts);
  set_position_rows(rows, position, state);
  for (;;) {
    const int rc = put_all(rows);
    if (rc == MDB_SUCCESS) return {};
    if (rc != MDB_MAP_FULL) return lmdb_error(rc, "write a segment's rows");
    RETURN_IF_ERROR(grow_map());
  }
}

int Catalogue::put_all(const CatalogueRows& rows) {
  const ReaderLock mapped(map_mutex_);
  MDB_txn* raw = nullptr;
  if (const int rc = ::mdb_txn_begin(env_, nullptr, 0, &raw); rc != MDB_SUCCESS) return rc;
  Txn txn(raw);
  for (unsigned t = 0; t < kCatalogueTables; ++t) {
    const unsigned flags = t == kCheckpointsTable ? MDB_NOOVERWRITE : 0;
    if (const int rc = put_rows(raw, tables_->dbi[t], rows[t], flags); rc != MDB_SUCCESS) return rc;
  }
  return ::mdb_txn_commit(txn.release());
}

/// LMDB moves its map then, so no transaction may be under way.
Result<void> Catalogue::grow_map() {
  const WriterLock alone(map_mutex_);
  MDB_envinfo info{};
  LMDB_TRY(::mdb_env_info(env_, &info), "look at the map");
  LMDB_TRY(::mdb_env_set_mapsize(env_, 2 * info.me_mapsize), "make the map larger");
  return {};
}

Result<Buffer> Catalogue::get(unsigned table, Bytes key) const {
  const ReaderLock mapped(map_mutex_);
  ASSIGN_OR_RETURN(const Txn txn, begin(env_, MDB_RDONLY));
  MDB_val k = val(key);
  MDB_val v{};
  LMDB_TRY(::mdb_get(txn.get(), tables_->dbi[table], &k, &v), "look up");
  ASSIGN_OR_RETURN(const Bytes row, checked_row(kCatalogueTableNames[table], key, view(v)));
  return to_buffer(row);
}

Result<CataloguePosition> Catalogue::position() const {
  auto row = get(kMetaTable, bytes_of("mark"));
  if (!row && row.error().code == Code::kNotFound) return CataloguePosition{};
  if (!row) return std::move(row).error();
  return decode_position(*row);
}

Result<Buffer> Catalogue::state() const {
  return get(kMetaTable, bytes_of("state"));
}

Result<SegmentRow> Catalogue::segment(std::uint64_t ordinal) const {
  ASSIGN_OR_RETURN(const Buffer row, get(kOrdinalsTable, key_of(ordinal)));
  return decode_segment_row(row);
}

namespace {

/// The first row whose key is at least `key` (MDB_SET_RANGE), or the last row (MDB_LAST), decoded
/// inside the transaction.
template <class Decode>
auto find_row(MDB_env* env, const Catalogue::Tables& tables, CatalogueTable table,
              std::uint64_t key, MDB_cursor_op how, Decode decode)
    -> decltype(decode(Bytes{}, Bytes{})) {
  ASSIGN_OR_RETURN(const Txn txn, begin(env, MDB_RDONLY));
  MDB_cursor* raw = nullptr;
  LMDB_TRY(::mdb_cursor_open(txn.get(), tables.dbi[table], &raw), "open a cursor");
  const Cursor cursor(raw);
  const Buffer wanted = key_of(key);
  MDB_val k = val(wanted);
  MDB_val v{};
  LMDB_TRY(::mdb_cursor_get(raw, &k, &v, how), "look up");
  ASSIGN_OR_RETURN(const Bytes row, checked_row(kCatalogueTableNames[table], view(k), view(v)));
  return decode(view(k), row);
}

}  // namespace

Result<CatalogueRows> Catalogue::rows() const {
  const ReaderLock mapped(map_mutex_);
  ASSIGN_OR_RETURN(const Txn txn, begin(env_, MDB_RDONLY));
  CatalogueRows out;
  for (unsigned t = 0; t < kCatalogueTables; ++t) {
    ASSIGN_OR_RETURN(out[t], all_rows(txn.get(), tables_->dbi[t]));
  }
  return out;
}

Result<SegmentRow> Catalogue::segment_of(LeafIndex i) const {
  const ReaderLock mapped(map_mutex_);
  ASSIGN_OR_RETURN(const SegmentRow row,
                   find_row(env_, *tables_, kSegmentsTable, i.value, MDB_SET_RANGE,
                            [](Bytes, Bytes bytes) { return decode_segment_row(bytes); }));
  if (i < row.first) return corrupt("the catalogue has a hole: delete the folder catalogue");
  return row;
}

Result<CheckpointPlace> Catalogue::checkpoint_at(TreeSize size) const {
  const ReaderLock mapped(map_mutex_);
  return find_row(env_, *tables_, kCheckpointsTable, size.value, MDB_SET_RANGE,
                  decode_checkpoint_row);
}

Result<CheckpointPlace> Catalogue::last_checkpoint() const {
  const ReaderLock mapped(map_mutex_);
  return find_row(env_, *tables_, kCheckpointsTable, 0, MDB_LAST, decode_checkpoint_row);
}

}  // namespace varve::store
