#include "operation/conduct.hpp"

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>


#include "base/run_together.hpp"
#include "operation/work.hpp"
#include "service/runs.hpp"
#include "service/workspace.hpp"
#include "transfer/failure.hpp"

namespace fairlead::operation {
namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using catalog::Run;
using catalog::RunFile;
using catalog::RunState;

constexpr std::size_t kPage = 500;

class Conduct final : public Listener {
  public:
    Conduct(OnWorkspace& on_workspace, Run& run, Request& request, transfer::Sessions& remote,
            transfer::Journal* journal, Sink& sink, asio::any_io_executor executor)
        : on_workspace_(on_workspace),
          run_(run),
          request_(request),
          remote_(remote),
          journal_(journal),
          sink_(sink),
          wake_(executor) {}

    awaitable<void> perform() {
        co_await load_recorded();
        std::vector<awaitable<void>> tasks;
        tasks.push_back(work());
        tasks.push_back(keep());
        co_await run_together(std::move(tasks));
    }

    awaitable<void> finish(const std::optional<Error>& failure) {
        auto state = failure ? RunState::failed : summary_.state();
        auto error = failure ? failure : summary_.first_failure;
        if (failure && failure->code == ErrorCode::cancelled) state = RunState::cancelled;
        if (taken_over_) co_return;  // it is for the one who has it now
        co_await on_workspace_([&](service::Workspace& workspace) {
            auto& store = service::Runs(workspace).store();
            if (state == RunState::cancelled && sink_.hands_over() && !stopped_by_request_)
                store.requeue(run_.id, run_.lease.fence, now(), "The daemon was stopped.");
            else
                store.finish(run_.id, run_.lease.fence, state, error, now());
        });
    }

    awaitable<void> done(const RunFile& file) override {
        co_await on_workspace_([&](service::Workspace& workspace) {
            service::Runs(workspace).store().put_file(run_.id, run_.lease.fence, file, now());
        });
        if (file.outcome != kRead) co_await sink_.done(file);
    }
    awaitable<void> listed(const Entry& entry) override { return sink_.listed(entry); }
    void moved(std::uint64_t bytes) override { moved_ += bytes; }
    void retrying(const std::string& what, const Error& error, unsigned failures,
                  std::chrono::milliseconds wait) override {
        sink_.retrying(what, error, failures, wait);
    }

  private:
    /// What an earlier attempt of this run did; of the run that this one repeats, what went well.
    awaitable<void> load_recorded() {
        co_await on_workspace_([&](service::Workspace& workspace) {
            auto& store = service::Runs(workspace).store();
            for (const auto& id : {run_.retry_of, run_.id}) {
                if (id.empty()) continue;
                for (std::int64_t from = 0;;) {
                    auto files = store.files(id, from, kPage);
                    if (files.empty()) break;
                    from = files.back().number + 1;
                    for (auto& file : files)
                        if (file.ok() || id == run_.id) request_.recorded[file.number] = std::move(file);
                }
            }
        });
    }

    awaitable<void> work() {
        const auto act = [this]() -> awaitable<void> {
            summary_ = co_await execute(request_, remote_, journal_, *this);
        };
        const auto failure = co_await transfer::caught(act());
        over_ = true;
        wake_.cancel();
        if (failure) throw Error(*failure);
    }

    /// Keeps the lease until the work is over, tells progress, and looks whether to stop.
    awaitable<void> keep() {
        while (!over_) {
            wake_.expires_after(std::chrono::seconds(1));
            boost::system::error_code woken;
            co_await wake_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
            if (over_) co_return;
            if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none)
                throw Error(ErrorCode::cancelled, "Stopped before the end.");
            bool stop = false;
            const auto failure = co_await transfer::caught(renew(stop));
            if (failure && failure->code == ErrorCode::conflict) {
                taken_over_ = true;
                throw Error(*failure);
            }
            stopped_by_request_ = stop;
            if (stop) throw Error(ErrorCode::cancelled, "Somebody asked the run to stop.");
        }
    }

    awaitable<void> renew(bool& stop) {
        co_await on_workspace_([&](service::Workspace& workspace) {
            auto& store = service::Runs(workspace).store();
            stop = store.renew(run_.id, run_.lease.fence, now() + service::kLease);
            if (moved_ == told_) return;
            told_ = moved_;
            json::object data;
            data["bytes"] = told_;
            store.note(run_.id, run_.lease.fence, "run.progress", data, now());
        });
    }

    OnWorkspace& on_workspace_;
    Run& run_;
    Request& request_;
    transfer::Sessions& remote_;
    transfer::Journal* journal_;
    Sink& sink_;
    asio::steady_timer wake_;
    Summary summary_;
    std::uint64_t moved_ = 0, told_ = 0;
    bool over_ = false;
    bool taken_over_ = false;
    bool stopped_by_request_ = false;
};

}  // namespace

awaitable<Run> conduct(OnWorkspace on_workspace, Run run, Request request, transfer::Sessions& remote,
                       transfer::Journal* journal, Sink& sink) {
    const auto executor = co_await asio::this_coro::executor;
    std::optional<Error> failure;
    {
        Conduct conducted(on_workspace, run, request, remote, journal, sink, executor);
        failure = co_await transfer::caught(conducted.perform());
        co_await conducted.finish(failure);
    }
    std::optional<Run> ended;
    co_await on_workspace([&](service::Workspace& workspace) { ended = service::Runs(workspace).get(run.id); });
    if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
    co_return std::move(*ended);
}

}  // namespace fairlead::operation
