#include "fault/fault.hpp"

#include <algorithm>
#include <ostream>

namespace fairlead::test {
namespace {

awaitable<std::string> content_of(FileSystem& files, std::string path, ReadOptions options) {
    auto stream = co_await files.open_read(path, options);
    std::string content;
    while (true) {
        const auto piece = co_await stream->read();
        if (piece.empty()) break;
        content.append(reinterpret_cast<const char*>(piece.data()), piece.size());
    }
    co_return content;
}

awaitable<void> put(FileSystem& files, std::string path, std::string content, WriteOptions options) {
    auto stream = co_await files.open_write(path, options);
    if (!content.empty()) co_await stream->write(std::as_bytes(std::span(content.data(), content.size())));
    co_await stream->finish();
}

awaitable<std::vector<Entry>> entries_of(FileSystem& files, std::string path) {
    auto listing = co_await files.list(path);
    std::vector<Entry> all;
    while (true) {
        auto batch = co_await listing->next();
        if (batch.empty()) break;
        std::move(batch.begin(), batch.end(), std::back_inserter(all));
    }
    co_return all;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Outcome& outcome) {
    out << outcome.code << " after " << outcome.took.count() << " ms";
    if (outcome.error)
        out << ", step '" << outcome.error->step << "': " << outcome.error->message << " ["
            << outcome.error->server_reply << "]";
    return out;
}

std::vector<Entry> Session::list(std::string_view path) {
    return loop.run(entries_of(*files_, std::string(path)));
}

std::vector<std::string> Session::names(std::string_view path) {
    std::vector<std::string> found;
    for (auto& entry : list(path))
        found.push_back(std::move(entry.name));
    std::sort(found.begin(), found.end());
    return found;
}

std::string Session::read(std::string_view path, ReadOptions options) {
    return loop.run(content_of(*files_, std::string(path), options));
}

void Session::write(std::string_view path, std::string_view content, WriteOptions options) {
    loop.run(put(*files_, std::string(path), std::string(content), options));
}

Outcome opening(const Endpoint& endpoint) {
    Loop loop;
    return outcome_of([&] { loop.run(open_and_close(endpoint)); });
}

awaitable<void> open_and_close(Endpoint endpoint) {
    auto files = co_await fairlead::open(endpoint);
    co_await files->close();
}

awaitable<void> read_whole(FileSystem& files, std::string path) {
    co_await content_of(files, std::move(path), {});
}
awaitable<void> write_whole(FileSystem& files, std::string path, std::string content) {
    co_await put(files, std::move(path), std::move(content), {});
}
awaitable<void> list_whole(FileSystem& files, std::string path) {
    co_await entries_of(files, std::move(path));
}

}  // namespace fairlead::test
