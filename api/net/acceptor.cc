// Addresses of acceptors.
#include "api/net/acceptor.h"

namespace varve::api {

void log_end(Journal& journal, std::exception_ptr failure) {
  try {
    if (failure) std::rethrow_exception(failure);
  } catch (const std::exception& what) {
    journal.error("session_failed", what.what());
  }
}

Error unusable_address(const std::string& address, std::uint16_t port,
                       const boost::system::error_code& error) {
  const bool taken = error == boost::system::errc::address_in_use;
  return {taken ? Code::kBusy : Code::kIo,
          "listen: " + address + ":" + std::to_string(port) + ": " + error.message() +
              (taken ? ": stop what listens there, or take another port" : "")};
}

Result<asio::ip::address> parse_address(const std::string& address) {
  boost::system::error_code error;
  const asio::ip::address out = asio::ip::make_address(address, error);
  if (error) return invalid("listen: " + address + " is not an IP address");
  return out;
}

Result<void> bind_to(Acceptor& acceptor, const std::string& address, std::uint16_t port) {
  ASSIGN_OR_RETURN(const asio::ip::address parsed, parse_address(address));
  const asio::ip::tcp::endpoint endpoint{parsed, port};
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (error) return unusable_address(address, port, error);
  return {};
}

Result<void> listen_on(Acceptor& acceptor, const std::string& address) {
  boost::system::error_code error;
  acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return unusable_address(address, acceptor.local_endpoint().port(), error);
  return {};
}

}  // namespace varve::api
