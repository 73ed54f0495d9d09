#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace fairlead::test {

/// An answer as it came over the wire.
struct RawAnswer {
    int status = 0;                              ///< 0: the connection ended before there was one
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string body;
    bool whole = false;  ///< all that its header announced has come
    boost::json::value json() const;
};

/// A connection to an HTTP server of this machine, on which anything may be said. Every wait ends after
/// `patience`, by std::runtime_error.
class RawHttp {
  public:
    explicit RawHttp(std::uint16_t port, std::chrono::milliseconds patience = std::chrono::minutes(2));
    ~RawHttp();
    RawHttp(const RawHttp&) = delete;
    RawHttp& operator=(const RawHttp&) = delete;

    RawHttp& send(std::string_view bytes);
    /// The next answer. `head`: it has no content, whatever it announces.
    RawAnswer answer(bool head = false);
    /// Reads until this text has come; gives all that came with it.
    std::string until(std::string_view text);
    /// Waits for the server's end of the connection; gives what came before.
    std::string until_end();
    void end_sending();

  private:
    bool more();
    void wait(short events);
    int socket_ = -1;
    std::chrono::milliseconds patience_;
    std::string pending_;
    bool ended_ = false;
};

/// One request over a connection of its own. `headers` are whole lines.
RawAnswer http_request(std::uint16_t port, std::string_view method, std::string_view target,
                       std::string_view headers = {}, std::string_view body = {});

}  // namespace fairlead::test
