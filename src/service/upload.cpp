#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>

#include "base/digest.hpp"
#include "base/path.hpp"
#include "remote/one_file.hpp"
#include "service/content.hpp"
#include "transfer/failure.hpp"
#include "transfer/persist.hpp"
#include "transfer/run.hpp"

namespace fairlead::service {
namespace {

/// What is known of the content while it is read, and after.
struct Content {
    Content(const UploadRequest& request_, ByteChannel& from_) : request(request_), from(from_) {}
    const UploadRequest& request;
    ByteChannel& from;
    ChecksumAlgorithm algorithm = ChecksumAlgorithm::sha256;
    bool begun = false;
    std::string checksum;  ///< once all of it was read, if asked for
    std::optional<Error> failure;
};

/// The channel as a stream. Its end is only an end when the content is what was announced.
class ContentStream final : public ReadStream {
  public:
    explicit ContentStream(Content& content) : content_(content) {
        if (content.request.sha256) sha256_.emplace(ChecksumAlgorithm::sha256);
        if (content.request.sha512) sha512_.emplace(ChecksumAlgorithm::sha512);
        if (content.request.options.checksum) own_.emplace(content.algorithm);
    }

    awaitable<std::span<const std::byte>> read() override {
        const auto failure = co_await transfer::caught(next());
        if (failure) {
            content_.failure = failure;
            throw Error(*failure);
        }
        co_return std::span<const std::byte>(bytes_);
    }
    std::optional<std::uint64_t> announced_size() const override { return content_.request.size; }
    awaitable<void> close() override { co_return; }

  private:
    awaitable<void> next() {
        bytes_ = co_await content_.from.read();
        came_ += bytes_.size();
        for (auto* digest : {&sha256_, &sha512_, &own_})
            if (*digest && !bytes_.empty()) (*digest)->add(bytes_);
        if (!bytes_.empty()) co_return;
        const auto& size = content_.request.size;
        if (size && *size != came_)
            throw Error(ErrorCode::incomplete,
                        fmt::format("{} bytes of content came, but {} were announced.", came_, *size));
        compare("sha-256", sha256_, content_.request.sha256);
        compare("sha-512", sha512_, content_.request.sha512);
        if (own_) content_.checksum = own_->finish();
    }

    static void compare(std::string_view name, std::optional<Digest>& digest,
                        const std::optional<std::string>& expected) {
        if (!digest) return;
        const auto found = digest->finish();
        digest.reset();
        if (found == *expected) return;
        auto error = Error(ErrorCode::invalid_argument,
                           fmt::format("The {} of the content that came is {}, but the request says {}; "
                                       "nothing was published.",
                                       name, found, *expected));
        error.faults.push_back({"Content-Digest", *expected, "is not that of the content"});
        throw error;
    }

    Content& content_;
    ByteChannel::Bytes bytes_;
    std::uint64_t came_ = 0;
    std::optional<Digest> sha256_, sha512_, own_;
};

/// A place that holds one file, which can be read once.
class ContentPlace final : public fairlead::OneFile {
  public:
    explicit ContentPlace(Content& content) : OneFile("Content on its way can only be read, once."), content_(content) {
        abilities_.checksums = {content.algorithm};
    }

    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view, ReadOptions) override {
        if (std::exchange(content_.begun, true))
            throw Error(ErrorCode::incomplete, "The content was read already, and cannot be read again.");
        co_return std::make_unique<ContentStream>(content_);
    }
    awaitable<std::string> checksum(std::string_view, ChecksumAlgorithm) override {
        if (content_.checksum.empty()) refuse();
        co_return content_.checksum;
    }

  private:
    Content& content_;
};

class Outcome final : public transfer::RunListener {
  public:
    void done(const transfer::TransferResult& result) override { result_ = result; }
    void failed(const std::string&, const Error& error) override { failure_ = error; }
    void stopped(const std::string&, const Error& error) override { failure_ = error; }
    transfer::TransferResult result() const {
        if (failure_) throw Error(*failure_);
        return result_;
    }

  private:
    transfer::TransferResult result_;
    std::optional<Error> failure_;
};

/// The algorithm that spares reading back, where there is one.
ChecksumAlgorithm algorithm_for(const Abilities& target) {
    return target.checksums.empty() ? ChecksumAlgorithm::sha256 : target.checksums.front();
}

awaitable<transfer::TransferResult> attempt(Sessions& sessions, transfer::Journal* journal,
                                            const transfer::Options& options, Content& content) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto& request = content.request;
    auto opener = [&content]() -> awaitable<std::shared_ptr<FileSystem>> {
        co_return std::make_shared<ContentPlace>(content);
    };
    Sessions source(executor, opener, 1);
    Outcome file;
    transfer::Run run(executor, source, sessions, options, file, journal);
    std::function<awaitable<void>(transfer::Run&)> produce = [&](transfer::Run& running) -> awaitable<void> {
        if (request.make_parents) co_await running.make_directory(std::string(path::parent(request.path)));
        if (!options.staging_directory.empty()) co_await running.make_directory(options.staging_directory);
        transfer::Job job;
        job.source = "content";
        job.facts.size = request.size;
        job.target = request.path;
        job.careful = false;
        co_await running.add(std::move(job));
    };
    (void)co_await run.run(produce);
    co_return file.result();
}

}  // namespace

awaitable<transfer::TransferResult> upload(Sessions& sessions, transfer::Journal* journal,
                                           UploadRequest request, ByteChannel& from) {
    Content content(request, from);
    auto options = request.options;
    auto patience = transfer::patience_with(sessions, options);
    options.resume = false;  // what did not come cannot be asked for again
    options.retries = 0;
    if (!options.staging_directory.empty() && !options.staging_directory.starts_with('/'))
        options.staging_directory = path::join(path::parent(request.path), options.staging_directory);
    if (!options.staging_directory.empty())
        options.staging_directory = path::confine(options.staging_directory);
    for (unsigned failures = 0;;) {
        if (options.checksum) {
            std::function<awaitable<void>(FileSystem&)> ask = [&](FileSystem& files) -> awaitable<void> {
                content.algorithm = algorithm_for(files.abilities());
                co_return;
            };
            co_await transfer::persistently(sessions, patience, request.path, {}, ask);
        }
        std::optional<transfer::TransferResult> result;
        std::function<awaitable<void>()> once = [&]() -> awaitable<void> {
            result = co_await attempt(sessions, journal, options, content);
        };
        const auto failure = co_await transfer::caught(once());
        if (!failure) co_return std::move(*result);
        if (content.failure) throw Error(*content.failure);  // whatever else it led to
        if (content.begun) throw Error(*failure);
        ++failures;
        co_await transfer::wait_or_throw(*failure, failures, patience, request.path, request.retrying);
    }
}

}  // namespace fairlead::service
