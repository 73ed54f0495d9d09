#include "remote/one_file.hpp"

#include "fairlead/error.hpp"

namespace fairlead {

void OneFile::refuse() const {
    throw Error(ErrorCode::unsupported, refusal_);
}

awaitable<Entry> OneFile::stat(std::string_view) {
    throw Error(ErrorCode::not_found, refusal_);
    co_return Entry{};
}
awaitable<std::unique_ptr<Listing>> OneFile::list(std::string_view) {
    refuse();
    co_return nullptr;
}
awaitable<std::unique_ptr<WriteStream>> OneFile::open_write(std::string_view, WriteOptions) {
    refuse();
    co_return nullptr;
}
awaitable<void> OneFile::rename(std::string_view, std::string_view, bool) {
    refuse();
    co_return;
}
awaitable<void> OneFile::remove(std::string_view) {
    refuse();
    co_return;
}
awaitable<void> OneFile::make_directory(std::string_view) {
    refuse();
    co_return;
}
awaitable<void> OneFile::remove_directory(std::string_view) {
    refuse();
    co_return;
}
awaitable<void> OneFile::set_modified(std::string_view, Time) {
    refuse();
    co_return;
}
awaitable<void> OneFile::set_mode(std::string_view, std::uint32_t) {
    refuse();
    co_return;
}
awaitable<std::string> OneFile::checksum(std::string_view, ChecksumAlgorithm) {
    refuse();
    co_return "";
}
awaitable<RawReply> OneFile::raw_command(std::string_view) {
    refuse();
    co_return RawReply{};
}
awaitable<void> OneFile::ping() {
    co_return;
}
awaitable<void> OneFile::close() {
    co_return;
}

}  // namespace fairlead
