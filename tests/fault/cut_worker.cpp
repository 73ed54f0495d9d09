#include "fault/cut_worker.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>
#include <map>
#include <stdexcept>

#include "fairlead/open.hpp"
#include "transfer/failure.hpp"
#include "transfer/run.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using transfer::caught;

constexpr std::chrono::seconds kLongestCase{120};
constexpr unsigned kRetries = 4;

awaitable<void> move_file(FileSystem& source, FileSystem& target, CutOutcome& outcome) {
    transfer::Job job;
    job.source = "/source.bin";
    job.target = "/target.bin";
    job.facts = co_await source.stat(job.source);
    outcome.result = co_await transfer::transfer_file(source, target, std::move(job), {});
}

awaitable<void> attempt(const Endpoint& endpoint, bool upload, FileSystem& local, CutOutcome& outcome) {
    std::unique_ptr<FileSystem> session;
    const auto opening = [](const Endpoint& where, std::unique_ptr<FileSystem>& into,
                            Observer& observer) -> awaitable<void> {
        into = co_await open(where, {&observer});
    };
    outcome.failure = co_await caught(opening(endpoint, session, outcome.transcript));
    if (outcome.failure) co_return;
    auto& source = upload ? local : *session;
    auto& target = upload ? *session : local;
    outcome.failure = co_await caught(move_file(source, target, outcome));
    if (outcome.failure && outcome.failure->session_usable) {
        outcome.tried_again = true;
        outcome.second_failure = co_await caught(move_file(source, target, outcome));
    }
    co_await session->close();
}

class Listener final : public transfer::RunListener {
  public:
    explicit Listener(CutOutcome& outcome) : outcome_(outcome) {}
    void done(const transfer::TransferResult& result) override { outcome_.result = result; }
    void failed(const std::string&, const Error& error) override { outcome_.failure = error; }
    void retrying(const std::string&, const Error& error, unsigned, std::chrono::milliseconds) override {
        outcome_.transcript.note(
            fmt::format("trying again after {}: {}", to_string(error.code), error.message));
    }

  private:
    CutOutcome& outcome_;
};

awaitable<void> attempt_patiently(const Endpoint& endpoint, bool upload, const std::string& folder,
                                  std::uint64_t size, CutOutcome& outcome) {
    const auto executor = co_await boost::asio::this_coro::executor;
    transfer::Sessions far(
        executor,
        [&]() -> awaitable<std::shared_ptr<FileSystem>> {
            auto files = co_await open(endpoint, {&outcome.transcript});
            co_return std::shared_ptr<FileSystem>(std::move(files));
        },
        1, transfer::PlaceFacts{.identity = "far", .retries = kRetries});
    transfer::Sessions here(
        executor,
        [&]() -> awaitable<std::shared_ptr<FileSystem>> {
            co_return std::shared_ptr<FileSystem>(open_local(folder));
        },
        1, transfer::PlaceFacts{.identity = "here"});
    Listener listener(outcome);
    transfer::Options options;
    options.patience.first_wait = std::chrono::milliseconds(5);
    transfer::Run run(executor, upload ? here : far, upload ? far : here, options, listener);
    std::function<awaitable<void>(transfer::Run&)> produce = [&](transfer::Run& to) -> awaitable<void> {
        transfer::Job job;
        job.source = "/source.bin";
        job.target = "/target.bin";
        job.facts.size = size;
        co_await to.add(std::move(job));
    };
    const auto running = [](transfer::Run& whole,
                            std::function<awaitable<void>(transfer::Run&)>& jobs) -> awaitable<void> {
        (void)co_await whole.run(jobs);
    };
    const auto failure = co_await caught(running(run, produce));
    if (failure) outcome.failure = failure;
    co_await far.close();
}

/// Each proxy listens on all data ports of its server.
void raise_limit_of_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

/// Gives a path to the user whose folder `like` is.
void give_away(const fs::path& path, const fs::path& like) {
    struct stat owner {};
    if (::stat(like.c_str(), &owner) != 0 || ::chown(path.c_str(), owner.st_uid, owner.st_gid) != 0)
        throw std::runtime_error("cannot give " + path.string() + " to the server's user");
}

}  // namespace

CutWorker::CutWorker(const CutRoute& route, const Server& server, unsigned number, std::string content)
    : route_(route),
      server_(server),
      number_(number),
      content_(std::move(content)),
      proxy_((raise_limit_of_descriptors(), server)) {}

void CutWorker::prepare(std::optional<std::string> old_content) {
    if (!remote_.empty()) fs::remove_all(remote_);
    if (!local_.empty()) fs::remove_all(local_);
    const auto name = std::to_string(number_) + "-" + std::to_string(count_++);
    remote_ = server_.root() / name;
    local_ = scratch_ / name;
    fs::create_directory(remote_);
    fs::create_directory(local_);
    write_file((route_.upload ? local_ : remote_) / "source.bin", content_);
    if (old_content) write_file(target_folder() / "target.bin", *old_content);
    give_away(remote_, server_.root());
    for (const auto& entry : fs::directory_iterator(remote_))
        give_away(entry.path(), server_.root());
}

Endpoint CutWorker::endpoint(std::chrono::milliseconds patience) const {
    auto endpoint = proxy_.in_front_of(server_.endpoint());
    if (!endpoint.working_directory.ends_with('/')) endpoint.working_directory += '/';
    endpoint.working_directory += remote_.filename().string();
    endpoint.timeouts = {patience, patience, patience};
    return endpoint;
}

CutOutcome CutWorker::run(std::chrono::milliseconds patience) {
    const auto where = endpoint(patience);
    const auto local = open_local(local_.string());
    CutOutcome outcome;
    loop_.run(attempt(where, route_.upload, *local, outcome), kLongestCase);
    return outcome;
}

CutOutcome CutWorker::run_patiently(std::chrono::milliseconds patience) {
    const auto where = endpoint(patience);
    CutOutcome outcome;
    loop_.run(attempt_patiently(where, route_.upload, local_.string(), content_.size(), outcome),
              kLongestCase);
    return outcome;
}

std::vector<CutLine> CutWorker::measure() {
    prepare("what was there before");
    proxy_.pass_all();
    const auto outcome = run(std::chrono::seconds(20));
    if (outcome.failure)
        throw std::runtime_error(outcome.failure->message + " " + outcome.failure->server_reply);
    if (target() != content_ || !strays().empty())
        throw std::runtime_error("the undisturbed transfer is not right");
    std::map<Cut::Channel, Carried> first;
    for (const auto& carried : proxy_.carried())
        first.emplace(carried.channel, carried);
    std::vector<CutLine> lines;
    for (const auto& [channel, carried] : first) {
        lines.push_back({channel, Cut::Way::to_client, carried.to_client});
        lines.push_back({channel, Cut::Way::to_server, carried.to_server});
    }
    return lines;
}

std::optional<std::string> CutWorker::target() const {
    if (!fs::exists(target_folder() / "target.bin")) return std::nullopt;
    return read_file(target_folder() / "target.bin");
}

std::vector<std::string> CutWorker::strays() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(target_folder()))
        if (entry.path().filename() != "target.bin") names.push_back(entry.path().filename().string());
    return names;
}

}  // namespace fairlead::test
