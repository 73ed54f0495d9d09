#include "service/copy.hpp"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <filesystem>

#include "base/path.hpp"
#include "service/location.hpp"
#include "transfer/failure.hpp"
#include "transfer/persist.hpp"
#include "transfer/run.hpp"

namespace fairlead::service {
namespace {

/// The one file of a copy.
class OneFile final : public transfer::RunListener {
  public:
    explicit OneFile(std::function<void(std::uint64_t)> moved_bytes) : moved_(std::move(moved_bytes)) {}
    void moved(std::uint64_t bytes) override {
        if (moved_) moved_(bytes);
    }
    void done(const transfer::TransferResult& result) override { result_ = result; }
    void failed(const std::string&, const Error& error) override { failure_ = error; }

    CopyResult result() const {
        if (failure_) throw Error(*failure_);
        CopyResult told;
        told.target = result_.target;
        told.outcome = to_string(result_.outcome);
        told.proof = to_string(result_.proof);
        told.checksum = result_.checksum;
        told.bytes = result_.bytes;
        told.resumed = result_.resumed;
        told.attempts = result_.attempts;
        told.warnings = result_.warnings;
        return told;
    }

  private:
    std::function<void(std::uint64_t)> moved_;
    transfer::TransferResult result_;
    std::optional<Error> failure_;
};

struct End {
    std::shared_ptr<transfer::Sessions> sessions;
    std::string path;
};

End end_of(const boost::asio::any_io_executor& executor, Connections& connections, const std::string& project,
           const Location& location) {
    const auto destination = destination_of(&connections, project, location, {});
    transfer::Sessions::Opener opener = [&connections, project,
                                         location]() -> awaitable<std::shared_ptr<FileSystem>> {
        auto opened = co_await open(&connections, project, location, {}, nullptr);
        co_return std::move(opened.files);
    };
    transfer::PlaceFacts facts;
    facts.identity = destination.identity;
    facts.retries = destination.retry_count;
    End end;
    end.sessions = std::make_shared<transfer::Sessions>(executor, std::move(opener), 1, std::move(facts));
    const bool local = location.kind == Location::Kind::local;
    end.path = path::confine(local ? std::filesystem::absolute(location.path).string() : location.path);
    return end;
}

transfer::Options options_of(const CopyOptions& wanted) {
    transfer::Options options;
    options.if_exists = transfer::parse_if_exists(wanted.if_exists);
    options.checksum = wanted.checksum;
    options.preserve = wanted.preserve || options.if_exists == transfer::IfExists::different;
    options.resume = wanted.resume;
    options.delete_source = wanted.delete_source;
    options.retries = wanted.retries;
    options.run_timeout = wanted.deadline;
    return options;
}

awaitable<void> move(End& source, End& target, const transfer::Options& options, transfer::Journal& journal,
                     OneFile& file) {
    const auto executor = co_await boost::asio::this_coro::executor;
    transfer::Run run(executor, *source.sessions, *target.sessions, options, file, &journal);
    std::function<awaitable<void>(transfer::Run&)> produce = [&](transfer::Run& running) -> awaitable<void> {
        transfer::Job job;
        job.source = source.path;
        job.target = target.path;
        std::function<awaitable<void>(FileSystem&)> look = [&](FileSystem& files) -> awaitable<void> {
            job.facts = co_await files.stat(source.path);
        };
        co_await transfer::persistently(*source.sessions, transfer::patience_with(*source.sessions, options),
                                        source.path, {}, look);
        if (job.facts.type == EntryType::directory)
            throw Error(ErrorCode::invalid_argument, fmt::format("'{}' is a directory.", source.path))
                .on(source.path);
        co_await running.add(std::move(job));
    };
    (void)co_await run.run(produce);
}

}  // namespace

awaitable<CopyResult> copy(Connections& connections, transfer::Journal& journal, std::string project,
                           std::string from, std::string to, CopyOptions options) {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto target_location = parse_location(to);
    auto source = end_of(executor, connections, project, parse_location(from));
    auto target = end_of(executor, connections, project, target_location);
    if (target_location.ends_in_slash) target.path = path::join(target.path, path::name(source.path));
    const auto wanted = options_of(options);
    OneFile file(std::move(options.moved));
    const auto failure = co_await transfer::caught(move(source, target, wanted, journal, file));
    for (const auto& end : {source, target})
        co_await end.sessions->close();
    if (failure) throw Error(*failure);
    co_return file.result();
}

}  // namespace fairlead::service
