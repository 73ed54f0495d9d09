#pragma once

#include <chrono>
#include <memory>

#include "http/limits.hpp"
#include "http/message.hpp"
#include "net/stream.hpp"

namespace fairlead::http {

/// The requests that come over one stream, one after the other, and the content of the one at hand.
class Incoming final : public Body {
  public:
    Incoming(net::Stream& stream, const Limits& limits);
    ~Incoming() override;

    /// What came of waiting for a request.
    enum class Next {
        request,  ///< `head` may be called
        none,     ///< the client has gone, or was silent for too long
        refused,  ///< what came is no request that is answered: `refusal` says so
    };
    awaitable<Next> next();
    const Response& refusal() const noexcept { return refusal_; }

    /// The request, without what the path and the token tell. Throws Error{invalid_argument}.
    Request head();
    /// What stands behind the question mark, as it was sent.
    std::string query() const;
    bool keeps_alive() const;
    bool is_http_1_0() const;

    awaitable<Bytes> read() override;
    std::optional<std::uint64_t> announced_size() const override;
    bool empty() const override;

    /// Whether all of the content has been read.
    bool done() const;
    /// Whether the client waits for "100 Continue" still.
    bool waits() const noexcept { return expects_; }
    /// Whether the content broke off, so that no request can be found after it.
    bool broken() const noexcept { return broken_; }
    /// Reads what is left of the content, if it is not much. Gives whether the next request can be found.
    awaitable<bool> drop_rest();
    /// Takes what the client still sends, for a short while, so that it gets to read an answer before the
    /// end.
    awaitable<void> linger();

  private:
    struct Parser;
    /// Reads more into the buffer; false: the client has ended.
    awaitable<bool> fill(std::chrono::milliseconds patience);
    Next refuse(unsigned status, std::string problem);
    void keep_pace(std::chrono::steady_clock::time_point began);
    Error no_http(const std::string& reason);

    net::Stream& stream_;
    const Limits& limits_;
    std::unique_ptr<Parser> parser_;
    Bytes buffer_;
    std::size_t begin_ = 0, end_ = 0;  // what of the buffer has arrived and was not used
    bool expects_ = false;
    bool broken_ = false;
    std::uint64_t content_ = 0;                     // bytes that came of the content
    std::chrono::steady_clock::duration waited_{};  // for them
    Response refusal_;
};

}  // namespace fairlead::http
