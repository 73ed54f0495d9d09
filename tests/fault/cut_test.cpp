#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include "fault/cut_worker.hpp"

/// A file is moved through a proxy that breaks the connection at some byte. Whatever breaks, the outcome is
/// the whole file or a clear failure, and the whole file where it may be tried again.
///
/// A small file is cut at both ends and the middle of everything that passes, then ever closer, as long as
/// FAIRLEAD_CUT_SECONDS (3) last for each test; FAIRLEAD_CUT_SERVERS=all takes every server there is. To look
/// closer: FAIRLEAD_CUT_LIST=1 prints every case, FAIRLEAD_CUT_LIST=trace also what was said;
/// FAIRLEAD_CUT_ONLY=TEXT tries only cases with TEXT in their description.

namespace fairlead::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr unsigned kWorkers = 6;
constexpr unsigned kWaiters = 10;  // that spend their time in stalls
constexpr auto kPatience = 10'000ms;
constexpr auto kPatienceWithStalls = 1500ms;
constexpr std::size_t kSmall = 700, kLarge = 3'000'000;
const std::string kOld = "what was there before";

std::string setting(const char* name) {
    const char* const value = std::getenv(name);
    return value != nullptr ? value : "";
}

std::chrono::seconds time_for_each_test() {
    const auto asked = setting("FAIRLEAD_CUT_SECONDS");
    return std::chrono::seconds(asked.empty() ? 3 : std::stoi(asked));
}

void list_case(const Cut& cut, const CutOutcome& outcome, std::chrono::duration<double> took) {
    const auto wanted = setting("FAIRLEAD_CUT_LIST");
    if (wanted.empty()) return;
    const auto& error = outcome.failure;
    std::cout << fmt::format("{}: {} ({:.2f} s)\n{}", to_text(cut),
                             !error ? "whole"
                                    : fmt::format("{} in {}{}: {} {}", to_string(error->code), error->step,
                                                  outcome.tried_again ? ", session goes on" : "",
                                                  error->message, error->server_reply),
                             took.count(), wanted == "trace" ? outcome.transcript.text : "");
}

/// How one cut transfer is tried and judged.
enum class Way { once, patiently };

class CutTransfer : public testing::TestWithParam<CutRoute> {
  protected:
    const CutRoute& route() const { return GetParam(); }

    void use_file(std::size_t size) {
        content = noise(size);
        for (unsigned number = 0; number < kWorkers + kWaiters; ++number)
            workers.push_back(std::make_unique<CutWorker>(route(), server, number, content));
        lines = workers[0]->measure();
    }

    /// Tries the cuts until time is over; but at least so many of each list. What stalls costs whole
    /// time-outs, all of them spent waiting, so it has workers of its own.
    void try_all(CutCases quick, CutCases stalls, std::chrono::seconds time, std::size_t least, Way way) {
        const auto deadline = Clock::now() + time;
        std::vector<std::thread> threads;
        std::atomic<std::size_t> begun_quick{0}, begun_stalls{0};
        for (std::size_t number = 0; number < workers.size(); ++number) {
            threads.emplace_back([&, number, way] {
                auto& cuts = number < kWorkers ? quick : stalls;
                auto& begun = number < kWorkers ? begun_quick : begun_stalls;
                Cut cut;
                while ((Clock::now() < deadline || begun < least) && cuts.next(cut)) {
                    ++begun;
                    try {
                        try_one(*workers[number], cut, way);
                    } catch (const std::exception& error) {
                        ADD_FAILURE() << to_text(cut) << ": " << error.what();
                    }
                }
            });
        }
        for (auto& thread : threads)
            thread.join();
        std::cout << fmt::format(
            "{}: {} cuts: {} whole, {} failed ({} of them published without the server's word, "
            "{} left an unfinished file)\n",
            route().name, wholes + failures, wholes, failures, doubtful, strays);
        for (const auto& [code, count] : codes)
            std::cout << fmt::format("    {}: {}\n", code, count);
    }

    /// Everywhere in what passes, in each of these ways.
    CutCases everywhere(std::vector<Cut::Kind> kinds) const { return CutCases(lines, std::move(kinds)); }

    /// In the middle of a large file, and in what is said about it.
    CutCases chosen(const std::vector<Cut::Kind>& kinds) const {
        std::vector<Cut> cuts;
        for (const auto kind : kinds) {
            for (const auto& line : lines) {
                for (const auto offset : {line.bytes / 7, line.bytes / 2 + 1, line.bytes - 1}) {
                    // Where little passes, a slow line is no line at all.
                    if (kind == Cut::Kind::slow && line.bytes < kLarge) continue;
                    Cut cut;
                    cut.channel = line.channel;
                    cut.way = line.way;
                    cut.kind = kind;
                    cut.offset = offset;
                    cut.bytes_per_second = 2'000'000;
                    cuts.push_back(cut);
                }
            }
        }
        return CutCases(cuts);
    }

    Server server{route().server, route().options};
    std::string content;
    std::vector<std::unique_ptr<CutWorker>> workers;
    std::vector<CutLine> lines;

  private:
    void try_one(CutWorker& worker, const Cut& cut, Way way) {
        if (to_text(cut).find(setting("FAIRLEAD_CUT_ONLY")) == std::string::npos) return;
        SCOPED_TRACE(to_text(cut));
        const auto before = cut.offset % 2 == 0 ? std::optional(kOld) : std::nullopt;
        worker.prepare(before);
        worker.proxy().set(cut);
        const auto began = Clock::now();
        const auto patience = cut.kind == Cut::Kind::stall ? kPatienceWithStalls : kPatience;
        const auto outcome = way == Way::once ? worker.run(patience) : worker.run_patiently(patience);
        list_case(cut, outcome, Clock::now() - began);
        if (outcome.failure && way == Way::patiently)
            judge_final_failure(cut, *outcome.failure);
        else if (outcome.failure)
            judge_failure(worker, cut, outcome, before);
        else
            judge_success(worker, cut, outcome);
    }

    /// One connection broke, once: trying again is enough.
    void judge_final_failure(const Cut& cut, const Error& error) {
        if (may_be_misunderstood(cut) && !error.retryable()) return;
        ADD_FAILURE() << to_string(error.code) << ": " << error.message << " " << error.server_reply;
    }

    /// A server that sees our half end in the middle of a command or handshake may answer anything, and may
    /// take the beginning of a command for all of it.
    static bool may_be_misunderstood(const Cut& cut) {
        return cut.way == Cut::Way::to_server &&
               (cut.kind == Cut::Kind::finish || cut.kind == Cut::Kind::close);
    }

    void judge_success(const CutWorker& worker, const Cut& cut, const CutOutcome& outcome) {
        ++wholes;
        ASSERT_TRUE(outcome.result);
        EXPECT_TRUE(worker.target() == content) << "success was claimed";
        EXPECT_EQ(outcome.result->bytes + outcome.result->resumed, content.size());
        EXPECT_NE(outcome.result->proof, transfer::Proof::none);
        for (const auto& name : worker.strays())
            EXPECT_TRUE(may_be_misunderstood(cut)) << name << " is left after a success";
    }

    void judge_failure(const CutWorker& worker, const Cut& cut, const CutOutcome& outcome,
                       const std::optional<std::string>& before) {
        const auto& error = *outcome.failure;
        const auto said = fmt::format("{}: {} {}", to_string(error.code), error.message, error.server_reply);
        ++failures;
        {
            const std::lock_guard lock(mutex);
            ++codes[std::string(to_string(error.code))];
        }
        EXPECT_NE(cut.kind, Cut::Kind::slow) << said;
        EXPECT_NE(error.code, ErrorCode::internal) << said;
        EXPECT_NE(error.code, ErrorCode::cancelled) << said;
        EXPECT_FALSE(error.message.empty());
        if (error.code == ErrorCode::timeout) EXPECT_FALSE(error.step.empty()) << said;
        if (!may_be_misunderstood(cut))
            EXPECT_TRUE(error.retryable()) << "a connection that breaks is no permanent error: " << said;

        // Nobody can know that a control connection is about to end which the server has not answered yet,
        // nor that a server which said 226 waits for its data to be taken before it answers anything else.
        const bool ended_meanwhile =
            outcome.second_failure && (cut.channel == Cut::Channel::control || cut.kind == Cut::Kind::stall);
        if (outcome.tried_again && !ended_meanwhile) {
            EXPECT_FALSE(outcome.second_failure)
                << said
                << "; it said that the session can be used; then: " << to_string(outcome.second_failure->code)
                << " " << outcome.second_failure->message;
            EXPECT_TRUE(worker.target() == content) << said;
            EXPECT_EQ(worker.strays(), std::vector<std::string>{}) << said;
            return;
        }
        if (worker.target() == content)
            ++doubtful;
        else
            EXPECT_TRUE(worker.target() == before) << "the final name is torn; " << said;
        // Where the session broke off, only a file that is recognisably ours may be left, and only at the
        // other end.
        for (const auto& name : worker.strays()) {
            ++strays;
            EXPECT_TRUE(route().upload) << name << "; " << said;
            // (ProFTPD takes the beginning of a command for all of it when the connection ends there.)
            EXPECT_TRUE(name.starts_with(".target.bin.")) << name << "; " << said;
        }
    }

    std::atomic<unsigned> wholes{0}, failures{0}, doubtful{0}, strays{0};
    std::mutex mutex;
    std::map<std::string, unsigned> codes;
};

const std::vector kBreaks{Cut::Kind::reset, Cut::Kind::finish, Cut::Kind::close};
const std::vector kBreaksAndSlow{Cut::Kind::reset, Cut::Kind::finish, Cut::Kind::close, Cut::Kind::slow};
const std::vector kStall{Cut::Kind::stall};

TEST_P(CutTransfer, of_a_small_file_is_whole_or_clearly_failed_wherever_it_breaks) {
    use_file(kSmall);
    try_all(everywhere(kBreaks), everywhere(kStall), time_for_each_test(), 12, Way::once);
}

TEST_P(CutTransfer, of_a_large_file_is_whole_or_clearly_failed_when_it_breaks_in_the_middle) {
    use_file(kLarge);
    try_all(chosen(kBreaksAndSlow), chosen(kStall), std::chrono::seconds(60), 0, Way::once);
}

TEST_P(CutTransfer, of_a_small_file_is_whole_when_it_may_be_tried_again) {
    use_file(kSmall);
    try_all(everywhere(kBreaks), everywhere(kStall), time_for_each_test(), 12, Way::patiently);
}

TEST_P(CutTransfer, of_a_large_file_is_whole_when_it_may_be_tried_again) {
    use_file(kLarge);
    try_all(chosen(kBreaksAndSlow), chosen(kStall), std::chrono::seconds(60), 0, Way::patiently);
}

/// One server of each kind, or with FAIRLEAD_CUT_SERVERS=all every one.
std::vector<CutRoute> routes() {
    struct Kind {
        std::string name, server;
        std::vector<std::string> options;
        bool always;
    };
    const Kind kinds[] = {{"ftp", "vsftpd", {}, true},
                          {"ftps", "proftpd", {"tls=explicit"}, true},
                          {"sftp", "openssh", {}, true},
                          {"vsftpd_tls", "vsftpd", {"tls=explicit"}, false},
                          {"proftpd", "proftpd", {}, false},
                          {"pure_ftpd", "pure-ftpd", {}, false},
                          {"pure_ftpd_tls", "pure-ftpd", {"tls=explicit"}, false},
                          {"proftpd_sftp", "proftpd-sftp", {}, false}};
    const bool all = setting("FAIRLEAD_CUT_SERVERS") == "all";
    std::vector<CutRoute> routes;
    for (const auto& kind : kinds) {
        if (!kind.always && !all) continue;
        routes.push_back({kind.name + "_download", kind.server, kind.options, false});
        routes.push_back({kind.name + "_upload", kind.server, kind.options, true});
    }
    return routes;
}

INSTANTIATE_TEST_SUITE_P(Over, CutTransfer, testing::ValuesIn(routes()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace fairlead::test
