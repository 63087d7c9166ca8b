// Three tables, and a fourth one for what is said of all. Every return code is looked at.
#include "ledger/store/witness_state.h"

#include <lmdb.h>

#include <array>
#include <utility>

#include "ledger/base/codec.h"
#include "ledger/merkle/tree.h"
#include "ledger/store/lmdb_file.h"

namespace varve::store {
namespace {

constexpr std::array<const char*, kWitnessTables + 1> kWitnessTableNames{
    "cosigned", "contradictions", "keys", "witness"};
constexpr std::size_t kAboutTable = kWitnessTables;  // the last one
constexpr const char* kWitnessFile = "state/data.mdb";
constexpr std::size_t kWitnessMapSize =
    std::size_t{1} << 36;  // of addresses: the file is as large as what is in it
constexpr unsigned kWitnessReaders = 512;
constexpr std::string_view kWitnessKeyRow = "key";
constexpr std::string_view kWitnessCountRow = "count";
constexpr std::string_view kWitnessMarkedRow = "marked";

Error witness_state_error(int rc, const char* doing) {
  const std::string what = std::string("the witness's state: ") + doing + ": " + ::mdb_strerror(rc);
  if (rc == ENOSPC || rc == MDB_MAP_FULL) return full(what);
  if (rc == MDB_CORRUPTED || rc == MDB_INVALID || rc == MDB_PAGE_NOTFOUND)
    return corrupt(what + ": put back a copy that is not older than what it has cosigned");
  return io_error(what + ": restart varve-witness once the disk is mended");
}

#define WITNESS_TRY(call, doing)                                \
  if (const int witness_rc = (call); witness_rc != MDB_SUCCESS) \
  return witness_state_error(witness_rc, doing)

struct AbortWitnessTxn {
  void operator()(MDB_txn* txn) const { ::mdb_txn_abort(txn); }
};
struct CloseWitnessCursor {
  void operator()(MDB_cursor* cursor) const { ::mdb_cursor_close(cursor); }
};
using WitnessTxn = std::unique_ptr<MDB_txn, AbortWitnessTxn>;

MDB_val mdb_val_of(Bytes bytes) {
  return {bytes.size(), const_cast<std::byte*>(bytes.data())};
}

Bytes bytes_of_mdb(const MDB_val& value) {
  return {static_cast<const std::byte*>(value.mv_data), value.mv_size};
}

Result<WitnessTxn> begin_witness_txn(MDB_env* env, unsigned flags) {
  MDB_txn* raw = nullptr;
  WITNESS_TRY(::mdb_txn_begin(env, nullptr, flags, &raw), "begin");
  return WitnessTxn(raw);
}

Result<std::optional<Buffer>> get_raw(MDB_txn* txn, MDB_dbi table, Bytes key) {
  MDB_val k = mdb_val_of(key);
  MDB_val v{};
  const int rc = ::mdb_get(txn, table, &k, &v);
  if (rc == MDB_NOTFOUND) return std::optional<Buffer>{};
  WITNESS_TRY(rc, "look up");
  return std::optional(to_buffer(bytes_of_mdb(v)));
}

Result<void> put_raw(MDB_txn* txn, MDB_dbi table, Bytes key, Bytes value) {
  MDB_val k = mdb_val_of(key);
  MDB_val v = mdb_val_of(value);
  WITNESS_TRY(::mdb_put(txn, table, &k, &v, 0), "write");
  return {};
}

Hash hash_of_row(WitnessTable table, const Hash& origin, std::string_view text) {
  Buffer all;
  ByteWriter(all).u8(static_cast<std::uint8_t>(table)).hash(origin).text(text);
  return merkle::sha256(all);
}

Buffer encode_witness_count(const WitnessCount& count) {
  Buffer row;
  ByteWriter(row).u64(count.rows).hash(count.chain);
  return row;
}

Result<WitnessCount> decode_witness_count(Bytes row) {
  ByteReader in(row);
  WitnessCount count;
  count.rows = in.u64();
  count.chain = in.hash();
  if (!in.at_end()) return corrupt("the witness's state: its count is damaged");
  return count;
}

Result<WitnessCount> read_witness_count(MDB_txn* txn, MDB_dbi about) {
  ASSIGN_OR_RETURN(const auto row, get_raw(txn, about, bytes_of(kWitnessCountRow)));
  if (!row) return WitnessCount{};
  return decode_witness_count(*row);
}

/// LMDB makes the file when there is none, or an empty one.
Result<void> check_witness_file(const env::Filesystem& files) {
  const auto file = files.open_read(kWitnessFile);
  if (!file && file.error().code == Code::kNotFound) return {};
  if (!file) return file.error();
  ASSIGN_OR_RETURN(const ByteOffset size, (*file)->size());
  if (size.value == 0) return {};
  auto sound = check_lmdb_file(**file, kWitnessTableNames, kWitnessFile);
  if (sound) return {};
  return corrupt(sound.error().message +
                 ": put back a copy that is not older than what it has cosigned");
}

/// A state says whose it is: with the state of another, a witness would cosign what it never checked.
Result<void> expect_own(MDB_txn* txn, MDB_dbi about, std::string_view vkey) {
  ASSIGN_OR_RETURN(const auto owner, get_raw(txn, about, bytes_of(kWitnessKeyRow)));
  if (!owner) return put_raw(txn, about, bytes_of(kWitnessKeyRow), bytes_of(vkey));
  if (text_of(*owner) == vkey) return {};
  return invalid("the state in data is that of another witness, or of another key of this one (" +
                 std::string(text_of(*owner)) + "): give each key a data directory of its own");
}

Result<std::optional<std::string>> get_witness_row(MDB_txn* txn, MDB_dbi dbi, WitnessTable table,
                                                   const Hash& origin) {
  ASSIGN_OR_RETURN(const auto row, get_raw(txn, dbi, origin.view()));
  if (!row) return std::optional<std::string>{};
  ASSIGN_OR_RETURN(std::string text, decode_witness_row(table, origin, *row));
  return std::optional(std::move(text));
}

}  // namespace

struct WitnessState::Tables {
  std::array<MDB_dbi, kWitnessTables + 1> dbi{};
  [[nodiscard]] MDB_dbi of(WitnessTable table) const {
    return dbi[static_cast<std::size_t>(table)];
  }
  [[nodiscard]] MDB_dbi about() const { return dbi[kAboutTable]; }
};

struct WitnessState::Round::Transaction {
  explicit Transaction(MDB_txn* raw) : txn(raw) {}
  ~Transaction() {
    if (txn != nullptr) ::mdb_txn_abort(txn);
  }
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  MDB_txn* txn;
};

Buffer encode_witness_row(WitnessTable table, const Hash& origin, std::string_view text) {
  Buffer row;
  ByteWriter(row).hash(hash_of_row(table, origin, text)).text(text);
  return row;
}

Result<std::string> decode_witness_row(WitnessTable table, const Hash& origin, Bytes row) {
  ByteReader in(row);
  const Hash check = in.hash();
  std::string text(text_of(in.rest()));
  if (!in.ok() || check != hash_of_row(table, origin, text))
    return corrupt("the witness's state: a row in " +
                   std::string(kWitnessTableNames[static_cast<std::size_t>(table)]) +
                   " is damaged: put back a copy that is not older than what it has cosigned");
  return text;
}

WitnessState::WitnessState(MDB_env* environment, std::unique_ptr<Tables> tables)
    : env_(environment), tables_(std::move(tables)) {}

WitnessState::~WitnessState() {
  ::mdb_env_close(env_);
}

Result<std::unique_ptr<WitnessState>> WitnessState::open(env::Filesystem& files,
                                                         std::string_view vkey) {
  RETURN_IF_ERROR(files.make_directory("state"));
  RETURN_IF_ERROR(check_witness_file(files));
  MDB_env* raw = nullptr;
  WITNESS_TRY(::mdb_env_create(&raw), "create");
  auto self = std::unique_ptr<WitnessState>(new WitnessState(raw, std::make_unique<Tables>()));
  WITNESS_TRY(::mdb_env_set_mapsize(raw, kWitnessMapSize), "set the map size");
  WITNESS_TRY(::mdb_env_set_maxdbs(raw, kWitnessTableNames.size()), "set the number of tables");
  WITNESS_TRY(::mdb_env_set_maxreaders(raw, kWitnessReaders), "set the number of readers");
  WITNESS_TRY(
      ::mdb_env_open(raw, files.system_path("state").c_str(), MDB_NOTLS | MDB_NORDAHEAD, 0600),
      "open");
  ASSIGN_OR_RETURN(WitnessTxn txn, begin_witness_txn(raw, 0));
  for (std::size_t t = 0; t < kWitnessTableNames.size(); ++t)
    WITNESS_TRY(
        ::mdb_dbi_open(txn.get(), kWitnessTableNames[t], MDB_CREATE, &self->tables_->dbi[t]),
        "open a table");
  RETURN_IF_ERROR(expect_own(txn.get(), self->tables_->about(), vkey));
  WITNESS_TRY(::mdb_txn_commit(txn.release()), "commit");
  RETURN_IF_ERROR(files.sync_directory("state"));
  return self;
}

Result<std::optional<std::string>> WitnessState::get(WitnessTable table, const Hash& origin) const {
  ASSIGN_OR_RETURN(const WitnessTxn txn, begin_witness_txn(env_, MDB_RDONLY));
  return get_witness_row(txn.get(), tables_->of(table), table, origin);
}

Result<WitnessCount> WitnessState::count() const {
  ASSIGN_OR_RETURN(const WitnessTxn txn, begin_witness_txn(env_, MDB_RDONLY));
  return read_witness_count(txn.get(), tables_->about());
}

Result<bool> WitnessState::is_marked() const {
  ASSIGN_OR_RETURN(const WitnessTxn txn, begin_witness_txn(env_, MDB_RDONLY));
  ASSIGN_OR_RETURN(const auto row,
                   get_raw(txn.get(), tables_->about(), bytes_of(kWitnessMarkedRow)));
  return row && text_of(*row) == "1";
}

Result<void> WitnessState::set_marked(bool is_marked) {
  ASSIGN_OR_RETURN(WitnessTxn txn, begin_witness_txn(env_, 0));
  RETURN_IF_ERROR(put_raw(txn.get(), tables_->about(), bytes_of(kWitnessMarkedRow),
                          bytes_of(is_marked ? "1" : "0")));
  WITNESS_TRY(::mdb_txn_commit(txn.release()), "commit");
  return {};
}

Result<std::uint64_t> WitnessState::rows(WitnessTable table) const {
  ASSIGN_OR_RETURN(const WitnessTxn txn, begin_witness_txn(env_, MDB_RDONLY));
  MDB_stat stat{};
  WITNESS_TRY(::mdb_stat(txn.get(), tables_->of(table), &stat), "count");
  return std::uint64_t{stat.ms_entries};
}

Result<std::vector<Hash>> WitnessState::logs_in(WitnessTable table, std::size_t most) const {
  ASSIGN_OR_RETURN(const WitnessTxn txn, begin_witness_txn(env_, MDB_RDONLY));
  MDB_cursor* raw = nullptr;
  WITNESS_TRY(::mdb_cursor_open(txn.get(), tables_->of(table), &raw), "open a cursor");
  const std::unique_ptr<MDB_cursor, CloseWitnessCursor> cursor(raw);
  std::vector<Hash> logs;
  for (MDB_val k{}, v{}; logs.size() < most;) {
    const int rc = ::mdb_cursor_get(raw, &k, &v, MDB_NEXT);
    if (rc == MDB_NOTFOUND) break;
    WITNESS_TRY(rc, "read a table");
    logs.push_back(ByteReader(bytes_of_mdb(k)).hash());
  }
  return logs;
}

Result<WitnessState::Round> WitnessState::begin() {
  ASSIGN_OR_RETURN(WitnessTxn txn, begin_witness_txn(env_, 0));
  ASSIGN_OR_RETURN(const WitnessCount count, read_witness_count(txn.get(), tables_->about()));
  return Round(*this, std::make_unique<Round::Transaction>(txn.release()), count);
}

WitnessState::Round::Round(WitnessState& state, std::unique_ptr<Transaction> transaction,
                           WitnessCount count)
    : state_(state), transaction_(std::move(transaction)), count_(count) {}

WitnessState::Round::Round(Round&& other) noexcept = default;
WitnessState::Round::~Round() = default;

Result<std::optional<std::string>> WitnessState::Round::get(WitnessTable table,
                                                            const Hash& origin) const {
  return get_witness_row(transaction_->txn, state_.tables_->of(table), table, origin);
}

Result<void> WitnessState::Round::put(WitnessTable table, const Hash& origin,
                                      std::string_view text) {
  const Buffer row = encode_witness_row(table, origin, text);
  RETURN_IF_ERROR(put_raw(transaction_->txn, state_.tables_->of(table), origin.view(), row));
  count_row(row);
  return {};
}

void WitnessState::Round::count_row(Bytes row) {
  Buffer link;
  ByteWriter(link).hash(count_.chain).bytes(row.first(kHashSize));
  count_ = {count_.rows + 1, merkle::sha256(link)};
}

Result<WitnessCount> WitnessState::Round::commit() && {
  RETURN_IF_ERROR(put_raw(transaction_->txn, state_.tables_->about(), bytes_of(kWitnessCountRow),
                          encode_witness_count(count_)));
  WITNESS_TRY(::mdb_txn_commit(std::exchange(transaction_->txn, nullptr)), "commit");
  return count_;
}

}  // namespace varve::store
