#include "support/awkward_file_system.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <vector>

namespace fairlead::test {
namespace {

using Script = AwkwardFileSystem::Script;

Error scripted(ErrorCode code, Script& script) {
    Error error(code, "It went wrong as the test said.");
    if (code != ErrorCode::connection_lost) return error;
    script.broken = true;
    return std::move(error).ends_session();
}

class AwkwardReadStream final : public ReadStream {
  public:
    AwkwardReadStream(std::unique_ptr<ReadStream> inner, std::shared_ptr<Script> script)
        : inner_(std::move(inner)), script_(std::move(script)) {}

    awaitable<std::span<const std::byte>> read() override {
        if (count_ >= script_->fail_read) throw scripted(script_->read_failure, *script_);
        if (count_ >= script_->end_read) co_return std::span<const std::byte>();
        if (count_ >= script_->stall_read) {
            script_->stalled = true;
            boost::asio::steady_timer never(co_await boost::asio::this_coro::executor,
                                            boost::asio::steady_timer::time_point::max());
            co_await never.async_wait(boost::asio::use_awaitable);
        }
        const auto piece = co_await inner_->read();
        if (count_ == 0 && script_->after_read) script_->after_read();
        count_ += piece.size();
        co_return piece;
    }
    std::optional<std::uint64_t> announced_size() const override { return announced_; }
    awaitable<void> close() override { return inner_->close(); }

  private:
    std::unique_ptr<ReadStream> inner_;
    std::shared_ptr<Script> script_;
    std::optional<std::uint64_t> announced_ = inner_->announced_size();
    std::uint64_t count_ = 0;
};

class AwkwardWriteStream final : public WriteStream {
  public:
    AwkwardWriteStream(std::unique_ptr<WriteStream> inner, std::shared_ptr<Script> script)
        : inner_(std::move(inner)), script_(std::move(script)) {}

    awaitable<void> write(std::span<const std::byte> bytes) override {
        if (count_ == 0 && script_->before_write) script_->before_write();
        if (count_ >= script_->fail_write) throw scripted(script_->write_failure, *script_);
        std::vector<std::byte> piece(bytes.begin(), bytes.end());
        if (script_->flip_written >= count_ && script_->flip_written < count_ + piece.size())
            piece[script_->flip_written - count_] ^= std::byte{1};
        count_ += piece.size();
        if (count_ > script_->lose_written) co_return;
        co_await inner_->write(piece);
    }
    awaitable<void> finish() override { return inner_->finish(); }
    awaitable<void> abort() override { return inner_->abort(); }

  private:
    std::unique_ptr<WriteStream> inner_;
    std::shared_ptr<Script> script_;
    std::uint64_t count_ = 0;
};

}  // namespace

FileSystem& AwkwardFileSystem::checked() {
    if (script_->broken) throw Error(ErrorCode::connection_lost, "The session is gone.").ends_session();
    return *inner_;
}

awaitable<std::unique_ptr<ReadStream>> AwkwardFileSystem::open_read(std::string_view path,
                                                                    ReadOptions options) {
    auto stream = co_await checked().open_read(path, options);
    co_return std::make_unique<AwkwardReadStream>(std::move(stream), script_);
}

awaitable<std::unique_ptr<WriteStream>> AwkwardFileSystem::open_write(std::string_view path,
                                                                      WriteOptions options) {
    auto stream = co_await checked().open_write(path, options);
    co_return std::make_unique<AwkwardWriteStream>(std::move(stream), script_);
}

awaitable<void> AwkwardFileSystem::rename(std::string_view from, std::string_view to, bool replace) {
    if (script_->before_rename) std::exchange(script_->before_rename, nullptr)();
    if (++script_->renames == script_->failing_rename) throw scripted(script_->rename_failure, *script_);
    co_await checked().rename(from, to, replace);
}

awaitable<void> AwkwardFileSystem::remove(std::string_view path) {
    co_await checked().remove(path);
}

}  // namespace fairlead::test
