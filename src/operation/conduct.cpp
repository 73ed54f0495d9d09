#include "operation/conduct.hpp"

#include "service/runs.hpp"
#include "service/workspace.hpp"

namespace fairlead::operation {
namespace {

using catalog::RunFile;

constexpr std::size_t kPage = 500;

class Recording final : public Listener {
  public:
    /// `spool`: the folder of our own for documents on their way; paths below it mean nothing to anybody else.
    Recording(service::HeldRun& held, Sink& sink, std::string_view protocol, std::string spool)
        : held_(held), sink_(sink), protocol_(protocol), spool_(std::move(spool)) {}

    awaitable<void> done(const RunFile& file) override {
        auto recorded = file;
        for (auto* path : {&recorded.source, &recorded.target})
            if (path->starts_with(spool_)) path->clear();
        co_await held_.put_file(recorded, file.outcome == kRead ? std::string_view() : protocol_);
        if (file.outcome != kRead) co_await sink_.done(file);
    }
    awaitable<void> require_ours() override { return held_.require_ours(); }
    awaitable<void> listed(const Entry& entry) override { return sink_.listed(entry); }
    void moved(std::uint64_t bytes) override { held_.moved(bytes); }
    void retrying(const std::string& what, const Error& error, unsigned failures,
                  std::chrono::milliseconds wait) override {
        held_.retried();
        sink_.retrying(what, error, failures, wait);
    }

  private:
    service::HeldRun& held_;
    Sink& sink_;
    std::string_view protocol_;
    std::string spool_;
};

/// What an earlier attempt of this run did; of the run that this one repeats, what went well. Gives the folder of
/// all runs.
awaitable<std::string> load_recorded(service::HeldRun& held, Request& request) {
    const auto& run = held.run();
    std::string spool;
    co_await held.on_workspace()([&](service::Workspace& workspace) {
        spool = service::Runs(workspace).folder("");
        auto& store = service::Runs(workspace).store();
        for (const auto& id : {run.retry_of, run.id}) {
            if (id.empty()) continue;
            for (std::int64_t from = 0;;) {
                auto files = store.files(id, from, kPage);
                if (files.empty()) break;
                from = files.back().number + 1;
                for (auto& file : files)
                    if (file.ok() || id == run.id) request.recorded[file.number] = std::move(file);
            }
        }
    });
    co_return spool;
}

}  // namespace

awaitable<service::RunEnd> conduct(service::HeldRun& held, Request request, transfer::Sessions& remote,
                                   transfer::Journal* journal, Sink& sink, std::string_view protocol) {
    auto spool = co_await load_recorded(held, request);
    Recording recording(held, sink, protocol, std::move(spool));
    const auto summary = co_await execute(request, remote, journal, recording);
    co_return service::RunEnd{summary.state(), summary.first_failure};
}

}  // namespace fairlead::operation
