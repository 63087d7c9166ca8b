// What every listener of this server does with its address: binds it, and explains why not.
#pragma once

#include <chrono>
#include <string>

#include "api/net/connection.h"
#include "ledger/base/result.h"

namespace varve::api {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

/// When there are no descriptors left.
inline constexpr std::chrono::milliseconds kAcceptPause{50};

/// A connection lives on one thread, so that its handlers need no lock.
struct OneThread {
  asio::io_context io{1};
  asio::executor_work_guard<Executor> stay{io.get_executor()};
};

/// Writes what ended a coroutine, if anything did, into the journal.
void log_end(Journal& journal, std::exception_ptr failure);

/// Why an address cannot be used. kBusy: another socket has it.
Error unusable_address(const std::string& address, std::uint16_t port,
                       const boost::system::error_code& error);

/// Errors: kInvalid  not an IP address.
Result<asio::ip::address> parse_address(const std::string& address);

/// Errors: kInvalid  not an IP address.  kBusy  another process has it.  kIo  it cannot be bound.
Result<void> bind_to(Acceptor& acceptor, const std::string& address, std::uint16_t port);
/// From now on connections come. Errors: kBusy, kIo.
Result<void> listen_on(Acceptor& acceptor, const std::string& address);

}  // namespace varve::api
