#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "fairlead/file_system.hpp"

namespace fairlead::net {

/// One exchange through libcurl: its handle, which the caller sets up further, and what libcurl needs while it lasts.
/// Each dial asks the egress policy, with the address itself; certificates are verified; proxies of the environment are
/// not used (they would be asked instead of the policy).
class CurlExchange {
  public:
    /// `protocols` as libcurl wants them: "http,https". `doing`: how an error begins, such as "Posting to".
    /// Throws Error{invalid_argument} for a URL that is none.
    CurlExchange(std::string url, const char* protocols, std::string doing);
    ~CurlExchange();
    CurlExchange(const CurlExchange&) = delete;
    CurlExchange& operator=(const CurlExchange&) = delete;

    void* easy() noexcept;  ///< the CURL*
    /// Adds a line to a list that lives as long as this: headers or recipients. The curl_slist*.
    void* list(const std::string& line);
    const std::string& host() const noexcept;

    /// Does it here and now, for who has no loop: blocks, and throws as CurlLoop::perform does.
    void perform();

  private:
    friend class CurlLoop;
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

/// A thread on which libcurl works, on many exchanges at once; connections are kept for the next one.
class CurlLoop {
  public:
    CurlLoop();
    /// What is under way fails with Error{cancelled}.
    ~CurlLoop();
    CurlLoop(const CurlLoop&) = delete;
    CurlLoop& operator=(const CurlLoop&) = delete;

    /// Comes back to the caller's executor when it is over. Throws what reaching the server may: name_not_resolved,
    /// connection_refused, connection_lost, timeout, tls_failed, certificate_untrusted, authentication_failed,
    /// egress_denied, invalid_argument, permission_denied (mail that is refused). Not cancellable, but limited by what
    /// the exchange was set up with. From any thread's coroutine.
    awaitable<void> perform(CurlExchange& exchange);

  private:
    struct Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace fairlead::net
