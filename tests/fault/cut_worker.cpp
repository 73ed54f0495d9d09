#include "fault/cut_worker.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <stdexcept>

#include "fairlead/open.hpp"
#include "transfer/failure.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using transfer::caught;

constexpr std::chrono::seconds kLongestCase{30};

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

/// Gives a path to the user whose folder `like` is.
void give_away(const fs::path& path, const fs::path& like) {
    struct stat owner {};
    if (::stat(like.c_str(), &owner) != 0 || ::chown(path.c_str(), owner.st_uid, owner.st_gid) != 0)
        throw std::runtime_error("cannot give " + path.string() + " to the server's user");
}

}  // namespace

CutWorker::CutWorker(const CutRoute& route, const Server& server, unsigned number, std::string content)
    : route_(route), server_(server), number_(number), content_(std::move(content)), proxy_(server) {}

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

CutOutcome CutWorker::run(std::chrono::milliseconds patience) {
    auto endpoint = proxy_.in_front_of(server_.endpoint());
    if (!endpoint.working_directory.ends_with('/')) endpoint.working_directory += '/';
    endpoint.working_directory += remote_.filename().string();
    endpoint.timeouts = {patience, patience, patience};
    const auto local = open_local(local_.string());
    CutOutcome outcome;
    loop_.run(attempt(endpoint, route_.upload, *local, outcome), kLongestCase);
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
