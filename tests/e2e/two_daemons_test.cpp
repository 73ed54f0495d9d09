// Two daemons on one store, and what becomes of a run when one of them is killed, stopped, or cut off from the store.

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <csignal>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/cut_proxy.hpp"
#include "support/daemon.hpp"
#include "support/eventually.hpp"
#include "support/postgres.hpp"
#include "support/scripted_ftp.hpp"
#include "support/server.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kJson = "Content-Type: application/json\r\n";
constexpr int kFiles = 4;

/// A flow from one real server to another, slow enough to be disturbed. Its target renames what is there already, so
/// that whatever is delivered twice shows.
class TwoDaemons : public testing::TestWithParam<std::string> {
  protected:
    TwoDaemons() {
        if (is_shared()) database_.emplace();
        const std::map<std::string, std::string> environment =
            is_shared() ? std::map<std::string, std::string>{{"FAIRLEAD_STORE", database_->url()}}
                        : std::map<std::string, std::string>{};
        first_.emplace(fairlead_binary(), environment);
        second_.emplace(fairlead_binary(), environment);
        fs::create_directories(in());
        for (int i = 0; i < kFiles; ++i) {
            const auto name = fmt::format("file-{}.bin", i);
            contents_[name] = noise(250'000 + static_cast<std::size_t>(i));
            write_file(in() / name, contents_[name]);
        }
        connect(*first_, "src", source_, {"--bwlimit", "400K"});
        connect(*first_, "dst", target_, {});
        if (!is_shared()) return;
        fs::create_directories(second_->data());
        fs::permissions(second_->data(), fs::perms::owner_all);
        fs::copy_file(first_->data() / "secret.key", second_->data() / "secret.key");
    }
    ~TwoDaemons() override {
        a_.reset();
        b_.reset();
        fs::remove_all(in());
        fs::remove_all(out());
    }

    static bool is_shared() { return GetParam() == "postgres"; }
    fs::path in() const { return source_.root() / folder_; }
    fs::path out() const { return target_.root() / folder_; }
    std::string url() const { return database_->url(); }

    /// Over the second data directory, where the store is shared.
    void start_other() {
        if (is_shared()) fs::copy_file(first_->data() / "admin-token", second_->data() / "admin-token",
                                       fs::copy_options::skip_existing);
        b_.emplace(is_shared() ? *second_ : *first_, arguments(is_shared() ? url() : std::string()));
    }
    static std::vector<std::string> arguments(const std::string& store) {
        std::vector<std::string> words{"--lease", "2s"};
        if (!store.empty()) words.insert(words.end(), {"--store", store});
        return words;
    }

    json::value send(const Daemon& daemon, std::string_view method, const std::string& target, const std::string& body,
                     unsigned status, const std::string& headers = {}) {
        const auto answer = daemon(method, target, body, std::string(kJson) + headers);
        EXPECT_EQ(answer.status, status) << method << " " << target << "\n" << answer.body;
        return answer.body.empty() ? json::value() : json::parse(answer.body);
    }

    /// Starts the flow by the first daemon, and comes back when a file has arrived and others are still to come.
    void begin(const std::string& store = {}) {
        a_.emplace(*first_, arguments(store.empty() && is_shared() ? url() : store));
        send(*a_, "POST", "/v1/projects/default/flows",
             fmt::format(R"({{"name":"f","source":{{"connection":"src","path":"/{0}"}},)"
                         R"("targets":[{{"connection":"dst","path":"/{0}/","ifExists":"rename"}}]}})",
                         folder_),
             201);
        const auto run = send(*a_, "POST", "/v1/projects/default/flows/f/run", "{}", 202, "Prefer: respond-async\r\n");
        address_ = "/v1/projects/default/runs/" + std::string(run.at("id").as_string());
        ASSERT_TRUE(eventually([&] { return fs::exists(out() / "file-0.bin"); }));
    }

    /// Not while it is writing to SQLite: that keeps everybody waiting who wants to.
    void stop_the_first() {
        for (bool writes = true; writes;) {
            ::kill(a_->process(), SIGSTOP);
            int status = 0;
            ASSERT_EQ(::waitpid(a_->process(), &status, WUNTRACED), a_->process());
            ASSERT_TRUE(WIFSTOPPED(status));
            writes = !is_shared() && is_written(first_->data() / "fairlead.db-shm");
            if (writes) ::kill(a_->process(), SIGCONT);
        }
    }
    /// Whether somebody holds the lock for writing (or for recovery) of a database with a write-ahead log.
    static bool is_written(const fs::path& index) {
        const int file = ::open(index.c_str(), O_RDWR | O_CLOEXEC);
        struct flock lock {};
        lock.l_type = F_WRLCK;
        lock.l_start = 120;
        lock.l_len = 3;
        const bool asked = ::fcntl(file, F_GETLK, &lock) == 0;
        ::close(file);
        return !asked || lock.l_type != F_UNLCK;
    }

    json::value run_by(const Daemon& daemon) { return send(daemon, "GET", address_, "", 200); }
    bool comes_to(const Daemon& daemon, std::string_view state) {
        return eventually([&] { return run_by(daemon).at("state").as_string() == state; });
    }

    /// Each file once, whole, nothing else, and the record says the same.
    void expect_delivered_once(const Daemon& daemon) {
        std::set<std::string> expected, found;
        for (const auto& [name, content] : contents_)
            expected.insert(name);
        for (const auto& entry : fs::directory_iterator(out()))
            found.insert(entry.path().filename().string());
        EXPECT_EQ(found, expected);
        for (const auto& [name, content] : contents_)
            EXPECT_TRUE(read_file(out() / name) == content) << name;
        std::map<std::string, int> times;
        const auto files = send(daemon, "GET", address_ + "/files?limit=1000", "", 200);
        for (const auto& file : files.at("items").as_array())
            if (file.at("ok").as_bool()) ++times[std::string(file.at("source").as_string())];
        EXPECT_EQ(times.size(), contents_.size());
        for (const auto& [source, count] : times)
            EXPECT_EQ(count, 1) << source;
    }

    Server& source_ = Server::shared("openssh");
    Server& target_ = Server::shared("vsftpd");
    std::string folder_ = fmt::format("two-daemons-{}", ++made_);
    static inline int made_ = 0;
    std::map<std::string, std::string> contents_;
    std::optional<PostgresDatabase> database_;
    std::optional<Cli> first_, second_;
    std::optional<Daemon> a_, b_;
    std::string address_;
};

INSTANTIATE_TEST_SUITE_P(, TwoDaemons, testing::Values("sqlite", "postgres"),
                         [](const auto& engine) { return std::string(engine.param); });

TEST_P(TwoDaemons, what_one_is_killed_at_the_other_ends) {
    ASSERT_NO_FATAL_FAILURE(begin());
    ::kill(a_->process(), SIGKILL);
    start_other();
    ASSERT_TRUE(comes_to(*b_, "succeeded")) << run_by(*b_);
    EXPECT_EQ(run_by(*b_).at("attempt"), 2);
    expect_delivered_once(*b_);
}

TEST_P(TwoDaemons, one_that_is_stopped_for_longer_than_its_lease_and_wakes_up_publishes_nothing) {
    ASSERT_NO_FATAL_FAILURE(begin());
    stop_the_first();
    start_other();
    ASSERT_TRUE(comes_to(*b_, "succeeded")) << run_by(*b_);
    ::kill(a_->process(), SIGCONT);
    EXPECT_EQ(a_->stop(), 0);  // all of its work has ended then
    EXPECT_EQ(run_by(*b_).at("state"), "succeeded");
    expect_delivered_once(*b_);
}

TEST_P(TwoDaemons, one_that_is_cut_off_from_the_store_publishes_nothing_and_the_other_goes_on) {
    if (!is_shared()) GTEST_SKIP() << "SQLite is a file.";
    CutProxy proxy({.host = "127.0.0.1", .port = Postgres::shared().port()});
    ASSERT_NO_FATAL_FAILURE(begin(database_->url_at(proxy.host(), proxy.port())));
    proxy.set({.channel = Cut::Channel::control, .way = Cut::Way::to_server, .kind = Cut::Kind::reset, .and_later_ones = true});
    start_other();
    ASSERT_TRUE(comes_to(*b_, "succeeded")) << run_by(*b_);
    proxy.pass_all();
    EXPECT_EQ(a_->stop(), 0);
    EXPECT_EQ(run_by(*b_).at("state"), "succeeded");
    expect_delivered_once(*b_);
}

TEST_P(TwoDaemons, a_run_of_one_is_paused_through_the_other_and_waits_through_restarts) {
    ASSERT_NO_FATAL_FAILURE(begin());
    start_other();
    const auto asked = send(*b_, "POST", address_ + "/pause", "", 202);
    EXPECT_EQ(asked.at("pauseRequested"), true);
    ASSERT_TRUE(comes_to(*b_, "paused")) << run_by(*b_);
    const auto arrived = run_by(*b_).at("files").to_number<int>();
    EXPECT_LT(arrived, kFiles);
    EXPECT_EQ(a_->stop(), 0);
    EXPECT_EQ(b_->stop(), 0);
    b_.reset();
    start_other();
    EXPECT_EQ(run_by(*b_).at("state"), "paused");
    EXPECT_EQ(first_->json({"run", "list", "--state", "paused"}).as_array().size(), 1u);
    EXPECT_EQ(send(*b_, "POST", address_ + "/resume", "", 200).at("state"), "queued");
    ASSERT_TRUE(comes_to(*b_, "succeeded")) << run_by(*b_);
    send(*b_, "POST", address_ + "/pause", "", 409);
    expect_delivered_once(*b_);
    const auto found = send(*b_, "GET", "/v1/projects/default/runs/files?name=*-3.bin&connection=dst&since=1h", "", 200);
    EXPECT_EQ(found.at("items").as_array().size(), 1u);
}

}  // namespace
}  // namespace fairlead::test
