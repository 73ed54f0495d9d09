#include "api/idempotent.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <memory>
#include <span>

#include "api/parameters.hpp"
#include "base/digest.hpp"
#include "base/side_task.hpp"
#include "service/runs.hpp"
#include "service/vault.hpp"
#include "service/workspace.hpp"
#include "service/workspace_pool.hpp"
#include "store/idempotency_store.hpp"
#include "store/store.hpp"

namespace fairlead::api {
namespace {

namespace asio = boost::asio;
using http::Bytes;
using http::Request;
using http::Response;
using service::Workspace;
using Earlier = store::IdempotencyStore::Earlier;
using namespace std::chrono_literals;

constexpr auto kKept = 24h;
constexpr auto kLease = 60s;  // of a request that is being answered: when its process dies, the key is free then
constexpr auto kRenewed = 20s;
constexpr std::size_t kMostKept = 1024 * 1024;
constexpr unsigned kNotKept = 1;  // in place of a status: it was answered, by something that is not kept
constexpr unsigned kRun = 2;      // likewise: it queued the run whose id is the body

/// A content that was read already, to be read again.
class ReadBody final : public http::Body {
  public:
    explicit ReadBody(std::string text) : text_(std::move(text)), size_(text_.size()) {}
    awaitable<Bytes> read() override {
        const auto* begin = reinterpret_cast<const std::byte*>(text_.data());
        Bytes bytes(begin, begin + text_.size());
        text_.clear();
        co_return bytes;
    }
    std::optional<std::uint64_t> announced_size() const override { return size_; }
    bool empty() const override { return size_ == 0; }

  private:
    std::string text_;
    std::uint64_t size_;
};

/// Whether all of the content can be held, to be compared.
bool is_small(const Request& request) {
    return request.body != nullptr && request.body->announced_size().value_or(request.most_text + 1) <= request.most_text;
}

std::string digest_of(const Request& request, std::string_view content) {
    Digest digest(ChecksumAlgorithm::sha256);
    const auto size = request.body == nullptr ? std::uint64_t{0} : request.body->announced_size().value_or(0);
    auto text = fmt::format("{} {}\n{}\n", request.method, request.path, size);
    for (const auto* name : {"content-type", "content-digest", "repr-digest"})
        text += request.header(name).value_or("") + "\n";
    for (const auto& [name, value] : request.query)
        text += fmt::format("{}:{}={}\n", name.size(), name, value);
    text += content;
    digest.add(std::as_bytes(std::span(text.data(), text.size())));
    return digest.finish();
}

void require_valid(std::string_view key) {
    const bool printable = std::ranges::all_of(key, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    if (!key.empty() && key.size() <= 200 && printable) return;
    Error error(ErrorCode::invalid_argument, "An Idempotency-Key has 1 to 200 visible ASCII characters.");
    error.faults.push_back({"Idempotency-Key", "", "must have 1 to 200 visible ASCII characters"});
    throw error;
}

Time now() {
    return std::chrono::time_point_cast<Time::duration>(std::chrono::system_clock::now());
}

http::Refusal refusal(unsigned status, std::string_view why, std::string_view hint = {}) {
    return {status, Error(ErrorCode::conflict, std::string(why)).hinting(std::string(hint)), {}};
}

/// One key of one token, in the store. Requests and answers may hold secrets, so they are sealed.
struct Key {
    std::string token, key;

    std::string record() const { return "idempotency/" + token + "/" + key; }
    std::string seal(Workspace& workspace, const std::string& text, std::string_view field) const {
        // With a byte in front that no reference to a secret elsewhere begins with.
        return workspace.vault().seal(Secret("=" + text), record(), field);
    }
    std::string open(Workspace& workspace, std::string_view sealed, std::string_view field) const {
        try {
            const auto secret = workspace.vault().open(sealed, record(), field);
            return std::string(secret.reveal()).substr(1);
        } catch (const Error&) {
            throw refusal(409, "What this Idempotency-Key was used for cannot be read any more.",
                          "the secret key was replaced since; find out what became of the request, and use a new key");
        }
    }

    /// What the key was used for, opened; nothing: it is ours now.
    std::optional<Earlier> begin(Workspace& workspace, const std::string& digest) const {
        std::optional<Earlier> earlier;
        workspace.vault().prepare();
        const auto sealed = seal(workspace, digest, "request");
        workspace.vault().keep([&] {
            earlier = workspace.store().idempotency().begin(token, key, sealed, now(), now() + kLease);
        });
        if (!earlier) return earlier;
        earlier->request = open(workspace, earlier->request, "request");
        if (earlier->answer && earlier->answer->status != kNotKept && earlier->answer->status != kRun)
            earlier->answer->body = open(workspace, earlier->answer->body, "answer");
        return earlier;
    }
    void finish(Workspace& workspace, const Response& response) const {
        store::GivenAnswer answer{kNotKept, {}, {}};
        if (!response.stream && response.body.size() <= kMostKept)
            answer = {response.status, response.headers, seal(workspace, response.body, "answer")};
        workspace.vault().keep([&] {
            workspace.store().idempotency().finish(token, key, answer, now() + kKept);
        });
    }
};

/// The run that a key belongs to; empty: to none. The key must have been claimed.
std::string run_of(store::IdempotencyStore& store, const Key& key) {
    const auto claim = store.begin(key.token, key.key, {}, now(), now() + kLease);
    return claim && claim->answer && claim->answer->status == kRun ? claim->answer->body : std::string();
}

Response again(const Earlier& earlier, const std::string& digest) {
    if (earlier.request != digest)
        throw refusal(422, "This Idempotency-Key was used for another request.", "a new request needs a new key");
    if (!earlier.answer) {
        auto wait = refusal(409, "The first request with this Idempotency-Key is at work still.");
        wait.headers.emplace_back("Retry-After", "1");
        throw wait;
    }
    if (earlier.answer->status == kNotKept)
        throw refusal(409, "The request with this Idempotency-Key was answered already, with more than is kept.",
                      "nothing was done again; what it made or ran is listed");
    Response response;
    response.status = earlier.answer->status;
    response.headers = earlier.answer->headers;
    response.body = earlier.answer->body;
    response.with("Idempotency-Replayed", "true");
    return response;
}

/// Keeps the key as long as the request is being answered.
class Lease {
  public:
    Lease(Services& services, service::Actor actor, Key key, asio::any_io_executor executor)
        : task_(executor, renew(services, std::move(actor), std::move(key)), [](std::exception_ptr) {}) {}
    ~Lease() { task_.cancel(); }

  private:
    static awaitable<void> renew(Services& services, service::Actor actor, Key key) {
        asio::steady_timer timer(co_await asio::this_coro::executor);
        for (;;) {
            timer.expires_after(kRenewed);
            boost::system::error_code stopped;
            co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
            if (stopped) co_return;
            std::function<void(Workspace&)> extend = [&](Workspace& workspace) {
                workspace.store().idempotency().extend(key.token, key.key, now() + kLease);
            };
            co_await services.workspaces.run(actor, std::move(extend));
        }
    }
    SideTask task_;
};

/// After the answer, or, without one, a failure. `cut`: nothing was answered, so a run may be under way still. What a
/// run came to is answered from the run.
awaitable<void> end(Services& services, service::Actor actor, Key key, std::shared_ptr<Response> answer, bool cut) {
    std::function<void(Workspace&)> work = [&](Workspace& workspace) {
        auto& store = workspace.store().idempotency();
        const bool has_run = (answer || cut) && !run_of(store, key).empty();
        if (answer && !has_run)
            key.finish(workspace, *answer);
        else if (!has_run)
            store.forget(key.token, key.key);
        store.forget_expired(now());
    };
    co_await services.workspaces.run(std::move(actor), std::move(work));
}

/// An answer that streams is kept once all of it has gone out, unless it is large. Until then, and when it
/// breaks off, it counts as one that is not kept.
void keep_what_streams(Services& services, service::Actor actor, const Key& key, Response& response) {
    struct Copy {
        std::function<awaitable<Bytes>()> source;
        std::shared_ptr<Response> kept;  // null: too large
    };
    const auto copy = std::make_shared<Copy>();
    copy->source = std::move(response.stream);
    copy->kept = std::make_shared<Response>();
    copy->kept->status = response.status;
    copy->kept->headers = response.headers;
    response.stream = [&services, actor = std::move(actor), key, copy]() -> awaitable<Bytes> {
        auto piece = co_await copy->source();
        const auto kept = copy->kept;
        if (!kept) co_return piece;
        kept->body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
        if (piece.empty() || kept->body.size() > kMostKept) copy->kept.reset();
        if (piece.empty()) co_await end(services, actor, key, kept, false);
        co_return piece;
    };
}

awaitable<Response> once(Services& services, const http::Handler& handler, Request& request) {
    const auto given = request.header("idempotency-key");
    if (!given) {
        auto response = co_await handler(request);
        co_return response;
    }
    require_valid(*given);
    std::string content;
    const bool small = is_small(request);
    if (small) content = co_await request.text();
    const auto digest = digest_of(request, content);
    ReadBody body(std::move(content));
    if (small) request.body = &body;
    const Key key{request.principal.name, *given};
    const auto begin = [&](Workspace& workspace) { return key.begin(workspace, digest); };
    const auto earlier = co_await services.workspaces.run(actor_of(request), begin);
    const bool has_run = earlier && earlier->answer && earlier->answer->status == kRun && earlier->request == digest;
    if (earlier && !has_run) co_return again(*earlier, digest);
    Response response;
    std::exception_ptr failure;
    {
        const Lease lease(services, actor_of(request), key, co_await asio::this_coro::executor);
        try {
            response = co_await handler(request);
        } catch (...) {
            failure = std::current_exception();
        }
    }
    std::shared_ptr<Response> given_back;
    if (!failure && response.status < 400) given_back = std::make_shared<Response>(std::move(response));
    const auto cancelled = (co_await asio::this_coro::cancellation_state).cancelled();
    if (cancelled != asio::cancellation_type::none)  // the server stops; what was done is remembered all the same
        asio::co_spawn(co_await asio::this_coro::executor,
                       end(services, actor_of(request), key, given_back, failure != nullptr), asio::detached);
    else
        co_await end(services, actor_of(request), key, given_back, failure != nullptr);
    if (given_back) response = std::move(*given_back);
    if (given_back && response.stream) keep_what_streams(services, actor_of(request), key, response);
    if (failure) std::rethrow_exception(failure);
    if (has_run) response.with("Idempotency-Replayed", "true");
    co_return response;
}

}  // namespace

catalog::Run queue_once(Workspace& workspace, const Request& request, const catalog::Run& draft) {
    const auto given = request.header("idempotency-key");
    service::Runs runs(workspace);
    if (!given) return runs.enqueue(draft);
    const Key key{request.principal.name, *given};
    catalog::Run run;
    workspace.store().together([&] {
        auto& store = workspace.store().idempotency();
        if (const auto earlier = run_of(store, key); !earlier.empty()) {
            run = runs.get(earlier);
            return;
        }
        run = runs.enqueue(draft);
        store.finish(key.token, key.key, {kRun, {}, run.id}, now() + kKept);
    });
    return run;
}

void make_idempotent(Services& services, http::Route& route) {
    const auto handler = std::make_shared<const http::Handler>(std::move(route.handler));
    route.handler = [&services, handler](Request& request) { return once(services, *handler, request); };
    route.notes.parameters.push_back(
        {"Idempotency-Key", "Sent again with the same request, gives the answer of the first", "string", true});
    route.notes.failures.insert(route.notes.failures.end(), {409, 422});
}

}  // namespace fairlead::api
