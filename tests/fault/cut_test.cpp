#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <thread>

#include "fairlead/open.hpp"
#include "fault/cut_cases.hpp"
#include "support/cut_proxy.hpp"
#include "support/run.hpp"
#include "support/server.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/failure.hpp"
#include "transfer/transfer.hpp"

/// A small file is moved through a proxy that breaks the connection at some byte: at both ends and the middle
/// of everything that passes, then ever closer, as long as FAIRLEAD_CUT_SECONDS (8) last for each test.
/// Whatever breaks, the outcome is the whole file or a clear failure.

namespace fairlead::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using transfer::caught;

constexpr unsigned kWorkers = 8;
const std::string kOld = "what was there before";
const std::string kNew = noise(700);

struct Route {
    std::string name;
    std::string server;
    std::vector<std::string> options;
    bool upload = false;
};

std::chrono::seconds time_for_each_test() {
    const char* asked = std::getenv("FAIRLEAD_CUT_SECONDS");
    return std::chrono::seconds(asked != nullptr ? std::atoi(asked) : 8);
}

/// Keeps the conversation.
class Transcript : public Observer {
  public:
    void sent(std::string_view line) override { text += fmt::format("    > {}\n", line); }
    void received(std::string_view line) override { text += fmt::format("    < {}\n", line); }
    void note(std::string_view line) override { text += fmt::format("    * {}\n", line); }
    std::string text;
};

/// What one transfer with a cut in it came to.
struct Seen {
    Transcript transcript;
    std::optional<Error> failure;
    std::optional<transfer::TransferResult> result;
    bool tried_again = false;  ///< because the error said that the session can be used
    std::optional<Error> second_failure;
};

awaitable<void> move_file(FileSystem& source, FileSystem& target, Seen& seen) {
    transfer::Job job;
    job.source = "/source.bin";
    job.target = "/target.bin";
    job.facts = co_await source.stat(job.source);
    seen.result = co_await transfer::transfer_file(source, target, std::move(job), {});
}

awaitable<void> attempt(const Endpoint& endpoint, bool upload, FileSystem& local, Seen& seen) {
    std::unique_ptr<FileSystem> session;
    const auto opening = [](const Endpoint& where, std::unique_ptr<FileSystem>& into,
                            Observer& observer) -> awaitable<void> {
        into = co_await open(where, {&observer});
    };
    seen.failure = co_await caught(opening(endpoint, session, seen.transcript));
    if (seen.failure) co_return;
    auto& source = upload ? local : *session;
    auto& target = upload ? *session : local;
    seen.failure = co_await caught(move_file(source, target, seen));
    if (seen.failure && seen.failure->session_usable) {
        seen.tried_again = true;
        seen.second_failure = co_await caught(move_file(source, target, seen));
    }
    co_await session->close();
}

class CutTransfer : public testing::TestWithParam<Route> {
  protected:
    const Route& route() const { return GetParam(); }

    Server server{route().server, route().options};
    std::atomic<unsigned> begun{0}, cases{0}, wholes{0}, failures{0}, doubtful{0}, strays{0};
    std::mutex codes_mutex;
    std::map<std::string, unsigned> codes;
};

void list_case(const Cut& cut, const Seen& seen, std::chrono::duration<double> took) {
    const char* const wanted = std::getenv("FAIRLEAD_CUT_LIST");
    if (wanted == nullptr) return;
    const auto& error = seen.failure;
    std::cout << fmt::format("{}: {} ({:.2f} s)\n{}", to_text(cut),
                             !error ? "whole"
                                    : fmt::format("{} in {}{}: {} {}", to_string(error->code), error->step,
                                                  seen.tried_again ? ", session goes on" : "", error->message,
                                                  error->server_reply),
                             took.count(), wanted == std::string_view("trace") ? seen.transcript.text : "");
}

/// One thread's own loop, proxy and folders.
class Worker {
  public:
    Worker(const Route& route, const Server& server, unsigned number)
        : route_(route), server_(server), number_(number), proxy_(server) {}

    CutProxy& proxy() { return proxy_; }
    const fs::path& target_folder() const { return route_.upload ? remote_ : local_; }

    /// Makes new folders, so that what a server still does for an earlier case cannot be seen in this one.
    void prepare(bool with_old_file) {
        if (!remote_.empty()) fs::remove_all(remote_);
        if (!local_.empty()) fs::remove_all(local_);
        const auto name = std::to_string(number_) + "-" + std::to_string(count_++);
        remote_ = server_.root() / name;
        local_ = scratch_ / name;
        fs::create_directory(remote_);
        fs::create_directory(local_);
        write_file((route_.upload ? local_ : remote_) / "source.bin", kNew);
        if (with_old_file) write_file(target_folder() / "target.bin", kOld);
        struct stat owner {};
        ASSERT_EQ(::stat(server_.root().c_str(), &owner), 0);
        for (const auto& path : {remote_, remote_ / "source.bin", remote_ / "target.bin"})
            if (fs::exists(path)) ASSERT_EQ(::chown(path.c_str(), owner.st_uid, owner.st_gid), 0);
    }

    Seen run(std::chrono::milliseconds patience) {
        auto endpoint = proxy_.in_front_of(server_.endpoint());
        if (endpoint.working_directory.back() != '/') endpoint.working_directory += '/';
        endpoint.working_directory += remote_.filename().string();
        endpoint.timeouts = {patience, patience, patience};
        const auto local = open_local(local_.string());
        Seen seen;
        loop_.run(attempt(endpoint, route_.upload, *local, seen), 20s);
        return seen;
    }

    /// The names in the target's folder beside the target itself (and an upload's source is elsewhere).
    std::vector<std::string> strays() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(target_folder()))
            if (entry.path().filename() != "target.bin") names.push_back(entry.path().filename().string());
        return names;
    }
    std::optional<std::string> target() const {
        if (!fs::exists(target_folder() / "target.bin")) return std::nullopt;
        return read_file(target_folder() / "target.bin");
    }

  private:
    const Route& route_;
    const Server& server_;
    unsigned number_;
    unsigned count_ = 0;
    CutProxy proxy_;
    Loop loop_;
    TemporaryFolder scratch_;
    fs::path remote_, local_;
};

/// What passes when nothing is cut.
std::vector<CutLine> measure(Worker& worker) {
    worker.prepare(true);
    worker.proxy().pass_all();
    const auto seen = worker.run(20s);
    EXPECT_FALSE(seen.failure) << seen.failure->message << " / " << seen.failure->server_reply;
    EXPECT_EQ(worker.target(), kNew);
    EXPECT_EQ(worker.strays(), std::vector<std::string>{});
    std::map<Cut::Channel, Carried> first;
    for (const auto& carried : worker.proxy().carried())
        first.emplace(carried.channel, carried);
    std::vector<CutLine> lines;
    for (const auto& [channel, carried] : first) {
        lines.push_back({channel, Cut::Way::to_client, carried.to_client});
        lines.push_back({channel, Cut::Way::to_server, carried.to_server});
    }
    return lines;
}

TEST_P(CutTransfer, is_whole_or_clearly_failed_wherever_the_connection_breaks) {
    std::vector<std::unique_ptr<Worker>> workers;
    for (unsigned number = 0; number < kWorkers; ++number)
        workers.push_back(std::make_unique<Worker>(route(), server, number));
    const auto lines = measure(*workers[0]);
    ASSERT_FALSE(HasFailure());
    CutCases cases_to_try(lines, {Cut::Kind::reset, Cut::Kind::finish, Cut::Kind::close, Cut::Kind::stall});

    const char* const only = std::getenv("FAIRLEAD_CUT_ONLY");
    const auto one_case = [&](Worker& worker, const Cut& cut) {
        if (only != nullptr && to_text(cut).find(only) == std::string::npos) return;
        SCOPED_TRACE(to_text(cut));
        const bool with_old_file = cut.offset % 2 == 0;
        worker.prepare(with_old_file);
        worker.proxy().set(cut);
        const auto began = std::chrono::steady_clock::now();
        const auto seen = worker.run(1500ms);
        list_case(cut, seen, std::chrono::steady_clock::now() - began);
        const auto target = worker.target();
        const auto strays_left = worker.strays();
        ++cases;
        if (!seen.failure) {
            ++wholes;
            ASSERT_TRUE(seen.result);
            EXPECT_EQ(target, kNew) << "success was claimed";
            EXPECT_EQ(seen.result->bytes, kNew.size());
            EXPECT_NE(seen.result->proof, transfer::Proof::none);
            EXPECT_EQ(strays_left, std::vector<std::string>{}) << "after a success";
            return;
        }
        ++failures;
        const auto& error = *seen.failure;
        {
            const std::lock_guard lock(codes_mutex);
            ++codes[std::string(to_string(error.code))];
        }
        EXPECT_NE(error.code, ErrorCode::internal) << error.message;
        EXPECT_NE(error.code, ErrorCode::cancelled) << error.message;
        // (A server that sees our half end in the middle of a handshake may well answer that it failed.)
        if (cut.kind != Cut::Kind::finish || cut.way == Cut::Way::to_client) {
            EXPECT_TRUE(error.retryable())
                << "a connection that breaks is no permanent error: " << to_string(error.code) << " "
                << error.message;
        }
        EXPECT_FALSE(error.message.empty());
        if (error.code == ErrorCode::timeout) EXPECT_FALSE(error.step.empty()) << error.message;
        if (seen.tried_again) {
            EXPECT_FALSE(seen.second_failure)
                << "the error said that the session can be used: " << to_string(error.code) << " "
                << error.message << " / then: " << to_string(seen.second_failure->code) << " "
                << seen.second_failure->message;
            EXPECT_EQ(target, kNew);
            EXPECT_EQ(strays_left, std::vector<std::string>{}) << "after " << error.message;
            return;
        }
        if (target == kNew) {
            ++doubtful;  // published, but the server's word was lost: whole, and not claimed
        } else {
            EXPECT_EQ(target, with_old_file ? std::optional(kOld) : std::nullopt) << error.message;
        }
        // On a server whose session broke off, only a file that is recognisably ours may be left.
        if (!route().upload) EXPECT_EQ(strays_left, std::vector<std::string>{}) << error.message;
        for (const auto& name : strays_left) {
            ++strays;
            EXPECT_TRUE(name.starts_with(".target.bin.") && name.ends_with(".fairlead")) << name;
        }
    };

    const auto deadline = std::chrono::steady_clock::now() + time_for_each_test();
    const std::size_t least =
        lines.size() * 4 * 3;  // every kind on every line at both ends and in the middle
    std::vector<std::thread> threads;
    for (auto& worker : workers) {
        threads.emplace_back([&, &mine = *worker] {
            Cut cut;
            while ((std::chrono::steady_clock::now() < deadline || begun < least) && cases_to_try.next(cut)) {
                ++begun;
                try {
                    one_case(mine, cut);
                } catch (const std::exception& error) {
                    ADD_FAILURE() << to_text(cut) << ": " << error.what();
                }
            }
        });
    }
    for (auto& thread : threads)
        thread.join();

    std::cout << route().name << ": " << cases << " cuts: " << wholes << " whole, " << failures << " failed ("
              << doubtful << " of them published without the server's word, " << strays
              << " left an unfinished file)\n";
    for (const auto& [code, count] : codes)
        std::cout << "    " << code << ": " << count << "\n";
}

INSTANTIATE_TEST_SUITE_P(Over, CutTransfer,
                         testing::Values(Route{"ftp_download", "vsftpd", {}, false},
                                         Route{"ftp_upload", "vsftpd", {}, true},
                                         Route{"ftps_download", "vsftpd", {"tls=explicit"}, false},
                                         Route{"ftps_upload", "vsftpd", {"tls=explicit"}, true},
                                         Route{"sftp_download", "openssh", {}, false},
                                         Route{"sftp_upload", "openssh", {}, true}),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace fairlead::test
