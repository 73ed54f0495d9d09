#include "remote/one_file.hpp"

namespace fairlead {

void OneFile::refuse() const {
    throw Error(ErrorCode::unsupported, refusal_);
}

template <class T>
awaitable<T> OneFile::refused(ErrorCode code) const {
    throw Error(code, refusal_);
    co_return T();
}

awaitable<Entry> OneFile::stat(std::string_view) {
    return refused<Entry>(ErrorCode::not_found);
}
awaitable<std::unique_ptr<Listing>> OneFile::list(std::string_view) {
    return refused<std::unique_ptr<Listing>>();
}
awaitable<std::unique_ptr<WriteStream>> OneFile::open_write(std::string_view, WriteOptions) {
    return refused<std::unique_ptr<WriteStream>>();
}
awaitable<void> OneFile::rename(std::string_view, std::string_view, bool) {
    return refused<void>();
}
awaitable<void> OneFile::remove(std::string_view) {
    return refused<void>();
}
awaitable<void> OneFile::make_directory(std::string_view) {
    return refused<void>();
}
awaitable<void> OneFile::remove_directory(std::string_view) {
    return refused<void>();
}
awaitable<void> OneFile::set_modified(std::string_view, Time) {
    return refused<void>();
}
awaitable<void> OneFile::set_mode(std::string_view, std::uint32_t) {
    return refused<void>();
}
awaitable<std::string> OneFile::checksum(std::string_view, ChecksumAlgorithm) {
    return refused<std::string>();
}
awaitable<RawReply> OneFile::raw_command(std::string_view) {
    return refused<RawReply>();
}
awaitable<void> OneFile::ping() {
    co_return;
}
awaitable<void> OneFile::close() {
    co_return;
}

}  // namespace fairlead
