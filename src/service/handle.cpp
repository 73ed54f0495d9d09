#include "fairlead/handle.hpp"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>

#include "base/path.hpp"
#include "fairlead/client.hpp"
#include "service/file_ops.hpp"
#include "service/handle_impl.hpp"
#include "transfer/failure.hpp"
#include "transfer/persist.hpp"
#include "transfer/walk.hpp"

namespace fairlead {
namespace asio = boost::asio;
using transfer::caught;

Handle::Impl::Impl(asio::any_io_executor executor_, std::shared_ptr<transfer::Sessions> sessions_,
                   transfer::Journal* journal_, HandleOptions options_)
    : executor(executor_),
      sessions(std::move(sessions_)),
      journal(journal_),
      options(std::move(options_)),
      directory(path::confine(options.directory)),
      changed_(executor_) {}

awaitable<void> Handle::Impl::in_turn(std::function<awaitable<void>()> work) {
    const char place = 0;  // its address tells this call from the others
    line_.push_back(&place);
    const auto wait = [](Impl& handle, const void* turn) -> awaitable<void> {
        while (handle.line_.front() != turn)
            co_await handle.changed_.wait();
    };
    auto failure = co_await caught(wait(*this, &place));
    if (!failure && closed)
        failure = Error(ErrorCode::conflict, "The handle is closed.").hinting("open another one");
    std::exception_ptr other;
    if (!failure) {
        try {
            failure = co_await caught(work());
        } catch (...) {
            other = std::current_exception();
        }
    }
    std::erase(line_, static_cast<const void*>(&place));
    changed_.notify_all();
    if (other) std::rethrow_exception(other);
    last_error = failure;
    if (failure) throw Error(*failure);
}

transfer::Patience Handle::Impl::patience() const {
    using namespace std::chrono_literals;
    return {.retries = options.reconnects, .first_wait = 10ms, .longest_wait = 2s};
}

awaitable<void> Handle::Impl::repeatably(std::function<awaitable<void>(FileSystem&)> work) {
    return transfer::persistently(*sessions, patience(), directory, {}, std::move(work));
}

std::string Handle::Impl::absolute(std::string_view path) const {
    return path::confine(path.starts_with('/') ? std::string(path) : path::join(directory, path));
}

awaitable<void> Handle::Impl::require_directory(const std::string& path) {
    bool there = false, is = false;
    co_await repeatably([&](FileSystem& files) -> awaitable<void> {
        is = co_await transfer::is_directory(files, path);
        if (is) co_return;
        const auto entry = co_await try_stat(files, path);
        there = entry.has_value();
    });
    if (is) co_return;
    if (there)
        throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is not a directory.", path)).on(path);
    throw Error(ErrorCode::not_found, fmt::format("The directory '{}' does not exist.", path)).on(path);
}

awaitable<std::unique_ptr<Handle::Impl>> service::open_handle(Pools& pools, transfer::Journal* journal,
                                                              Target target, HandleOptions options) {
    const auto executor = co_await asio::this_coro::executor;
    auto sessions = pools.own(target, 1);
    auto impl = std::make_unique<Handle::Impl>(executor, std::move(sessions), journal, std::move(options));
    impl->limit = target.limit;
    if (impl->directory == "/")
        co_await transfer::persistently(*impl->sessions, {.retries = 0}, target.endpoint.name, {},
                                        [](FileSystem&) -> awaitable<void> { co_return; });
    else
        co_await impl->require_directory(impl->directory);
    co_return impl;
}

Handle::Handle(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Handle::Handle(Handle&& other) noexcept = default;
Handle& Handle::operator=(Handle&& other) noexcept = default;
Handle::~Handle() = default;

awaitable<Handle> Handle::open(Endpoint endpoint, HandleOptions options) {
    auto pools = std::make_unique<service::Pools>(co_await asio::this_coro::executor);
    service::Target target;
    target.endpoint = std::move(endpoint);
    auto impl = co_await service::open_handle(*pools, nullptr, std::move(target), std::move(options));
    impl->pools = std::move(pools);
    co_return Handle(std::move(impl));
}

const std::string& Handle::directory() const noexcept {
    return impl_->directory;
}
std::string Handle::absolute(std::string_view path) const {
    return impl_->absolute(path);
}
const std::optional<Error>& Handle::last_error() const noexcept {
    return impl_->last_error;
}
const HandleResult& Handle::last_result() const noexcept {
    return impl_->result;
}

awaitable<void> Handle::change_directory(std::string path) {
    auto& impl = *impl_;
    co_await impl.in_turn([&]() -> awaitable<void> {
        const auto wanted = impl.absolute(path);
        co_await impl.require_directory(wanted);
        impl.directory = wanted;
    });
}

awaitable<DirectoryContent> Handle::list(std::string path) {
    auto& impl = *impl_;
    DirectoryContent content;
    co_await impl.in_turn([&]() -> awaitable<void> {
        const auto wanted = impl.absolute(path);
        co_await impl.repeatably([&](FileSystem& files) -> awaitable<void> {
            content = {};
            const auto listing = co_await files.list(wanted);
            for (;;) {
                auto batch = co_await listing->next();
                if (batch.empty()) co_return;
                for (auto& entry : batch) {
                    (entry.type == EntryType::directory ? content.directories : content.files)
                        .push_back(entry.path);
                    content.entries.push_back(std::move(entry));
                }
            }
        });
    });
    co_return content;
}

awaitable<Entry> Handle::stat(std::string path) {
    auto& impl = *impl_;
    Entry entry;
    co_await impl.in_turn([&]() -> awaitable<void> {
        entry = co_await service::stat_entry(*impl.sessions, impl.patience(), impl.absolute(path));
    });
    co_return entry;
}

awaitable<bool> Handle::file_exists(std::string path) {
    auto& impl = *impl_;
    bool found = false;
    co_await impl.in_turn([&]() -> awaitable<void> {
        const auto wanted = impl.absolute(path);
        co_await impl.repeatably([&](FileSystem& files) -> awaitable<void> {
            const auto entry = co_await try_stat(files, wanted);
            found = entry.has_value() && entry->type != EntryType::directory;
            if (found && entry->type == EntryType::symlink) {
                const bool leads_to_one = co_await transfer::is_directory(files, wanted);
                found = !leads_to_one;
            }
        });
    });
    co_return found;
}

awaitable<bool> Handle::directory_exists(std::string path) {
    auto& impl = *impl_;
    bool found = false;
    co_await impl.in_turn([&]() -> awaitable<void> {
        const auto wanted = impl.absolute(path);
        co_await impl.repeatably([&](FileSystem& files) -> awaitable<void> {
            found = co_await transfer::is_directory(files, wanted);
        });
    });
    co_return found;
}

awaitable<HandleResult> Handle::remove_files(std::vector<std::string> files) {
    auto& impl = *impl_;
    co_await impl.in_turn([&]() -> awaitable<void> {
        impl.result = {};
        std::optional<Error> first;
        for (const auto& name : files) {
            const auto path = impl.absolute(name);
            std::function<awaitable<void>()> one = [&]() -> awaitable<void> {
                const auto entry = co_await service::stat_entry(*impl.sessions, impl.patience(), path);
                if (entry.type == EntryType::directory)
                    throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", path))
                        .on(path);
                (void)co_await service::remove_entry(*impl.sessions, impl.patience(), path, false);
                impl.result.files.push_back({path, "", 0, "removed"});
            };
            const auto failure = co_await caught(one());
            if (failure && failure->code == ErrorCode::cancelled) throw Error(*failure);
            if (failure && !first) first = failure;
        }
        if (first) throw Error(*first);
    });
    co_return impl.result;
}

awaitable<std::string> Handle::rename(std::string path, std::string new_name, bool replace) {
    auto& impl = *impl_;
    std::string to;
    co_await impl.in_turn([&]() -> awaitable<void> {
        const auto from = impl.absolute(path);
        const bool moves = new_name.find('/') != std::string::npos;
        to = moves ? impl.absolute(new_name) : path::confine(path::join(path::parent(from), new_name));
        (void)co_await service::change_entry(*impl.sessions, from, {.path = to, .replace = replace});
    });
    co_return to;
}

awaitable<std::vector<std::string>> Handle::make_directory(std::string path) {
    auto& impl = *impl_;
    std::vector<std::string> made;
    co_await impl.in_turn([&]() -> awaitable<void> {
        const auto wanted = impl.absolute(path);
        made = co_await service::make_directory(*impl.sessions, wanted, true);
        if (made.empty())
            throw Error(ErrorCode::already_exists, fmt::format("'{}' exists already.", wanted)).on(wanted);
    });
    co_return made;
}

awaitable<HandleResult> Handle::remove_directory(std::string path) {
    auto& impl = *impl_;
    co_await impl.in_turn([&]() -> awaitable<void> {
        impl.result = {};
        const auto wanted = impl.absolute(path);
        co_await impl.require_directory(wanted);
        auto removed = co_await service::remove_entry(*impl.sessions, impl.patience(), wanted, true);
        impl.result.directories = std::move(removed.paths);
        if (removed.first_failure) throw Error(*removed.first_failure);
    });
    co_return impl.result;
}

awaitable<RawReply> Handle::command(std::string command, std::string valid_codes) {
    auto& impl = *impl_;
    RawReply reply;
    co_await impl.in_turn([&]() -> awaitable<void> {
        reply = co_await service::send_command(*impl.sessions, command, valid_codes);
    });
    co_return reply;
}

awaitable<void> Handle::close() {
    auto& impl = *impl_;
    co_await impl.in_turn([&]() -> awaitable<void> {
        impl.closed = true;
        co_await impl.sessions->close();
    });
}

}  // namespace fairlead
