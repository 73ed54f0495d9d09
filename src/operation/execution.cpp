#include "operation/execution.hpp"

#include <boost/asio/this_coro.hpp>

#include "base/path.hpp"
#include "operation/download.hpp"
#include "remote/local_file_system.hpp"
#include "transfer/failure.hpp"

namespace fairlead::operation {
namespace {

using catalog::Action;

/// One document of an operation that has one for each.
class Each {
  public:
    Each(Work& work, const Input& input, std::int64_t number) : work_(work), input_(input) {
        file_.number = number;
        file_.started_at = now();
        work.begin(number);
    }

    awaitable<void> run() {
        auto failure = work_.lost;
        if (!failure) failure = co_await transfer::caught(perform());
        if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
        if (failure) {
            file_.outcome = "failed";
            file_.error = *failure;
        }
        co_await work_.report(file_);
        work_.conclude(staged_);
    }

  private:
    awaitable<void> perform() {
        const auto operation = catalog::with_properties(work_.request.operation, input_.properties);
        switch (operation.action) {
            case Action::create:
                co_return co_await create(work_, operation, input_, file_, staged_);
            case Action::upsert:
                co_return co_await upsert(work_, operation, input_, file_, staged_);
            case Action::get:
                co_return co_await get_or_settle(operation);
            case Action::remove:
                co_return co_await remove(work_, operation, file_);
            case Action::move:
                co_return co_await move(work_, operation, file_);
            case Action::query:
            case Action::list:
                co_return;  // not one for each
        }
    }

    awaitable<void> get_or_settle(const catalog::Operation& operation) {
        const auto recorded = work_.request.recorded.find(file_.number);
        if (recorded == work_.request.recorded.end() || recorded->second.outcome != kRead)
            co_return co_await get(work_, operation, file_, staged_);
        file_ = recorded->second;
        co_await settle_recorded(work_, operation, file_);
    }

    Work& work_;
    const Input& input_;
    catalog::RunFile file_;
    transfer::Staged staged_;
};

bool is_over(const std::map<std::int64_t, catalog::RunFile>& recorded, std::int64_t number) {
    const auto found = recorded.find(number);
    return found != recorded.end() && !found->second.error && found->second.outcome != kRead;
}

awaitable<void> run_all(Work& work) {
    const auto& request = work.request;
    const auto action = request.operation.action;
    const Input none;
    if (!catalog::works_per_document(action)) {
        const auto& input = request.inputs.empty() ? none : request.inputs.front();
        const auto operation = catalog::with_properties(request.operation, input.properties);
        co_return co_await (action == Action::query ? query(work, operation) : list(work, operation));
    }
    std::int64_t number = 0;
    for (const auto& input : request.inputs) {
        const auto mine = number++;
        if (is_over(request.recorded, mine)) {
            ++work.summary.succeeded;
            continue;
        }
        Each each(work, input, mine);
        co_await each.run();
    }
}

std::unique_ptr<FileSystem> open_here(const Request& request) {
    // Names below the folder come from a server: nothing may lead out of it.
    if (catalog::gives_content(request.operation.action)) return open_local_folder(request.output.folder);
    return open_local("/");
}

}  // namespace

catalog::RunState Summary::state() const noexcept {
    if (failed == 0) return catalog::RunState::succeeded;
    return succeeded > 0 ? catalog::RunState::partial : catalog::RunState::failed;
}

std::string content_path(const Output& output, const catalog::RunFile& file) {
    return path::join(output.folder, output.by_number ? std::to_string(file.number) : file.local);
}

awaitable<Summary> execute(const Request& request, transfer::Sessions& remote, transfer::Journal* journal,
                           Listener& listener) {
    const auto executor = co_await boost::asio::this_coro::executor;
    auto opener = [&request]() -> awaitable<std::shared_ptr<FileSystem>> { co_return open_here(request); };
    transfer::Sessions local(executor, std::move(opener), 1, transfer::PlaceFacts{.identity = "local"});
    Work work(request, remote, local, journal, listener);
    const auto failure = co_await transfer::caught(run_all(work));
    co_await local.close();
    if (failure) throw Error(*failure);
    co_return std::move(work.summary);
}

}  // namespace fairlead::operation
