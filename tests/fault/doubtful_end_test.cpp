// What nobody answered for is resolved by looking, with a session that works; what broke off is gone on with
// where the server can, and begun anew where it only says so. All with one attempt allowed.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <filesystem>
#include <map>
#include <set>

#include "fairlead/open.hpp"
#include "remote/local_file_system.hpp"
#include "support/run.hpp"
#include "support/scripted_ftp.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/failure.hpp"
#include "transfer/run.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using transfer::TransferResult;

class Heard final : public transfer::RunListener {
  public:
    void done(const TransferResult& result) override { results.push_back(result); }
    void failed(const std::string& source, const Error& error) override { failures.emplace(source, error); }
    std::vector<TransferResult> results;
    std::map<std::string, Error> failures;
};

class Doubt : public testing::Test {
  protected:
    Doubt() { options.retries = 0; }

    /// Moves files between the server and the folder in one run.
    void run(bool upload, const std::vector<std::pair<std::string, std::string>>& files) {
        auto endpoint = server.endpoint();
        endpoint.timeouts.command = std::chrono::milliseconds(500);
        const auto task = [&]() -> awaitable<void> {
            const auto executor = co_await boost::asio::this_coro::executor;
            transfer::Sessions::Opener remote = [&]() -> awaitable<std::shared_ptr<FileSystem>> {
                co_return co_await open(endpoint);
            };
            transfer::Sessions::Opener local = [&]() -> awaitable<std::shared_ptr<FileSystem>> {
                co_return open_local(folder.path().string());
            };
            transfer::PlaceFacts there, here;
            there.identity = "ftp://scripted/";
            here.identity = "local";
            transfer::Sessions source(executor, upload ? local : remote, 1, upload ? here : there);
            transfer::Sessions target(executor, upload ? remote : local, 1, upload ? there : here);
            transfer::Run moving(executor, source, target, options, heard, journal.get());
            std::function<awaitable<void>(transfer::Run&)> produce =
                [&](transfer::Run& running) -> awaitable<void> {
                for (const auto& [from, to] : files) {
                    transfer::Job job;
                    job.source = from;
                    job.target = to;
                    {
                        auto lease = co_await source.take();
                        job.facts = co_await lease.files().stat(from);
                    }
                    co_await running.add(std::move(job));
                }
            };
            failure = co_await transfer::caught(run_it(moving, produce));
        };
        loop.run(task());
    }
    static awaitable<void> run_it(transfer::Run& moving,
                                  std::function<awaitable<void>(transfer::Run&)>& all) {
        (void)co_await moving.run(all);
    }

    std::vector<std::string> names() const {
        std::vector<std::string> found;
        for (const auto& entry : fs::directory_iterator(folder.path()))
            found.push_back(entry.path().filename().string());
        std::sort(found.begin(), found.end());
        return found;
    }
    std::vector<std::string> remote_names() {
        std::vector<std::string> found;
        const auto list = [&]() -> awaitable<void> {
            const auto files = co_await open(server.endpoint());
            const auto listing = co_await files->list("/");
            for (auto batch = co_await listing->next(); !batch.empty(); batch = co_await listing->next())
                for (const auto& entry : batch)
                    found.push_back(entry.name);
            co_await files->close();
        };
        loop.run(list());
        return found;
    }
    std::string told() const {
        std::string text;
        for (const auto& [source, error] : heard.failures)
            text += fmt::format("{}: {} {} {}\n", source, to_string(error.code), error.message,
                                error.server_reply);
        return text;
    }

    /// Takes an upload's bytes, keeps so many of them, and leaves the reply to the caller.
    static void store(FtpConversation& with, const std::string& path, std::size_t most) {
        with.reply("150 send it");
        auto data = with.open_data();
        const auto bytes = data.read_all();
        data.close();
        with.server.file(path.starts_with('/') ? path : "/" + path, bytes.substr(0, most));
    }

    ScriptedFtp server;
    TemporaryFolder folder;
    Loop loop;
    transfer::Options options;
    Heard heard;
    std::optional<Error> failure;
    std::unique_ptr<transfer::Journal> journal;  // null: the run remembers for itself
    const std::string content = noise(3'000'000);
    static constexpr std::size_t kAll = 1u << 30;
};

TEST_F(Doubt, a_226_that_never_comes_is_a_success_when_all_is_there) {  // field.md 35
    bool first = true;
    server.file("/a", content).on("RETR", [&](FtpConversation& with, const std::string& argument) {
        if (!std::exchange(first, false)) return with.behave("RETR", argument);
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(content);
        data.close();
        with.control.wait_for_close();
        with.hang_up();
    });
    run(false, {{"/a", "/a"}});
    ASSERT_THAT(heard.results, testing::SizeIs(1)) << told();
    EXPECT_TRUE(read_file(folder / "a") == content);
    EXPECT_THAT(names(), ElementsAre("a"));
    EXPECT_EQ(heard.results[0].proof, transfer::Proof::size);
    EXPECT_EQ(heard.results[0].bytes, content.size());
}

TEST_F(Doubt, a_426_after_the_last_byte_of_an_upload_is_a_success_when_all_is_there) {
    bool first = true;
    server.on("STOR", [&](FtpConversation& with, const std::string& path) {
        if (!std::exchange(first, false)) return with.behave("STOR", path);
        store(with, path, kAll);
        with.reply("426 Failure reading network stream.");
    });
    write_file(folder / "a", content);
    run(true, {{"/a", "/a"}});
    EXPECT_THAT(heard.results, testing::SizeIs(1)) << told();
    EXPECT_TRUE(server.content("/a") == content);
    EXPECT_THAT(remote_names(), ElementsAre("a"));
    EXPECT_EQ(server.count("STOR"), 1u);
}

TEST_F(Doubt, a_426_stays_a_failure_when_bytes_are_missing) {
    server.file("/a", "old").on("STOR", [&](FtpConversation& with, const std::string& path) {
        store(with, path, 500);
        with.reply("426 Failure reading network stream.");
    });
    write_file(folder / "a", noise(1000));
    run(true, {{"/a", "/a"}});
    EXPECT_THAT(heard.results, IsEmpty());
    ASSERT_EQ(heard.failures.size(), 1u);
    EXPECT_EQ(server.content("/a"), "old");
    EXPECT_THAT(remote_names(), ElementsAre("a")) << "too little to go on with";
}

TEST_F(Doubt, a_session_lost_after_the_last_byte_of_an_upload_is_looked_at_with_another) {
    bool first = true;
    server.on("STOR", [&](FtpConversation& with, const std::string& path) {
        if (!std::exchange(first, false)) return with.behave("STOR", path);
        store(with, path, kAll);
        with.control.reset();
        with.hang_up();
    });
    write_file(folder / "a", noise(1000));
    run(true, {{"/a", "/a"}});
    EXPECT_THAT(heard.results, testing::SizeIs(1)) << told();
    EXPECT_TRUE(server.content("/a") == noise(1000));
    EXPECT_THAT(remote_names(), ElementsAre("a"));
}

// A session is lost with a STOR on its way, and a busy server reads that much later: it makes a file that
// nobody waits for any more.
class LateFile : public Doubt {
  protected:
    LateFile() {
        options.retries = 1;
        options.patience.first_wait = std::chrono::milliseconds(1);
        write_file(folder / "a", content);
        write_file(folder / "b", content);
        server.on("STOR", [this](FtpConversation& with, const std::string& path) {
            if (!late_.empty()) return with.behave("STOR", path);
            late_ = path.starts_with('/') ? path : "/" + path;
            with.control.reset();
            with.hang_up();
        });
    }
    void comes() { server.file(late_, "late"); }

  private:
    std::string late_;
};

TEST_F(LateFile, that_comes_while_the_run_lasts_is_removed_by_it) {
    server.on("RNTO", [this](FtpConversation& with, const std::string& path) {
        with.behave("RNTO", path);
        comes();
    });
    run(true, {{"/a", "/a"}});
    EXPECT_THAT(heard.results, testing::SizeIs(1)) << told();
    EXPECT_TRUE(server.content("/a") == content);
    EXPECT_THAT(remote_names(), ElementsAre("a"));
}

TEST_F(LateFile, that_comes_after_the_run_is_removed_by_the_next_one_there) {
    const TemporaryFolder journals;
    const auto directory = (journals.path() / "transfers").string();
    journal = std::make_unique<transfer::Journal>(directory);
    run(true, {{"/a", "/a"}});
    EXPECT_THAT(heard.results, testing::SizeIs(1)) << told();
    comes();
    EXPECT_THAT(remote_names(), testing::SizeIs(2));
    journal.reset();
    journal = std::make_unique<transfer::Journal>(directory);
    run(true, {{"/b", "/b"}});
    EXPECT_THAT(remote_names(), ElementsAre("a", "b"));
}

// vsftpd locks a file for the session that writes it, and may not know for minutes that it is dead.
TEST_F(Doubt, what_a_server_does_not_give_out_again_is_begun_anew_once_it_was_asked_twice) {
    options.retries = 2;
    options.patience.first_wait = std::chrono::milliseconds(1);
    bool first = true;
    server.on("STOR", [&](FtpConversation& with, const std::string& path) {
        if (!std::exchange(first, false)) return with.behave("STOR", path);
        store(with, path, kAll);
        with.control.reset();
        with.hang_up();
    });
    server.silent_on("RETR");
    write_file(folder / "a", content);
    run(true, {{"/a", "/a"}});
    EXPECT_THAT(heard.results, testing::SizeIs(1)) << told();
    EXPECT_TRUE(server.content("/a") == content);
    EXPECT_EQ(server.count("RETR"), 2u);
    EXPECT_THAT(remote_names(), ElementsAre("a"));
}

TEST_F(Doubt, a_rename_without_a_reply_is_a_success_when_it_was_done) {  // field.md 19
    bool first = true;
    server.file("/a", "old").on("RNTO", [&](FtpConversation& with, const std::string& path) {
        if (!std::exchange(first, false)) return with.behave("RNTO", path);
        with.server.rename_file(with.rename_from, "/a");
        with.control.reset();
        with.hang_up();
    });
    write_file(folder / "a", content);
    run(true, {{"/a", "/a"}});
    EXPECT_TRUE(server.content("/a") == content);
    EXPECT_EQ(server.count("STOR"), 1u) << "it is not sent again";
}

TEST_F(Doubt, a_rename_without_a_reply_is_repeated_when_it_was_not_done) {
    bool first = true;
    server.file("/a", "old").on("RNTO", [&](FtpConversation& with, const std::string& path) {
        if (!std::exchange(first, false)) return with.behave("RNTO", path);
        with.control.reset();
        with.hang_up();
    });
    write_file(folder / "a", content);
    run(true, {{"/a", "/a"}});
    EXPECT_THAT(heard.results, testing::SizeIs(1)) << told();
    EXPECT_TRUE(server.content("/a") == content);
    EXPECT_THAT(remote_names(), ElementsAre("a"));
    EXPECT_EQ(server.count("STOR"), 1u) << "it is not sent again";
}

TEST_F(Doubt, a_deletion_without_a_reply_is_as_it_should_be_when_the_source_is_gone) {
    bool first = true;
    server.file("/a", content).on("DELE", [&](FtpConversation& with, const std::string& path) {
        if (!std::exchange(first, false)) return with.behave("DELE", path);
        with.server.remove_file("/a");
        with.control.reset();
        with.hang_up();
    });
    options.delete_source = true;
    run(false, {{"/a", "/a"}});
    EXPECT_THAT(heard.results, testing::SizeIs(1)) << told();
    EXPECT_EQ(server.content("/a"), std::nullopt);
    EXPECT_TRUE(read_file(folder / "a") == content);
}

TEST_F(Doubt, a_server_that_ignores_rest_is_begun_with_anew_and_remembered) {  // field.md 44
    std::set<std::string> seen;
    const auto other = noise(3'000'000, 5);
    server.file("/a", content).file("/b", other);
    server.on("RETR", [&](FtpConversation& with, const std::string& path) {
        const auto wanted = with.server.content(path.starts_with('/') ? path : "/" + path).value();
        const bool breaks = seen.insert(path).second;
        with.restart = 0;
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(breaks ? wanted.substr(0, 2'000'000) : wanted);
        if (breaks) {
            with.control.reset();
            return with.hang_up();
        }
        data.close();
        with.reply("226 done");
    });
    options.retries = 1;
    options.patience.first_wait = std::chrono::milliseconds(1);
    run(false, {{"/a", "/a"}, {"/b", "/b"}});
    EXPECT_THAT(heard.results, testing::SizeIs(2)) << told();
    EXPECT_TRUE(read_file(folder / "a") == content);
    EXPECT_TRUE(read_file(folder / "b") == other);
    EXPECT_THAT(names(), ElementsAre("a", "b"));
    bool second_file = false;
    for (const auto& line : server.commands()) {
        second_file = second_file || line == "RETR b" || line == "RETR /b";
        if (second_file) EXPECT_FALSE(line.starts_with("REST ") && line != "REST 0") << line;
    }
    EXPECT_TRUE(second_file);
}

TEST_F(Doubt, a_server_that_empties_the_file_before_it_writes_at_a_position_is_found_out) {
    unsigned count = 0;
    server.on("STOR", [&](FtpConversation& with, const std::string& path) {
        const auto offset = std::exchange(with.restart, 0);
        with.reply("150 send it");
        auto data = with.open_data();
        if (++count == 1) {
            std::string some;
            while (some.size() < 2'000'000)
                some += data.read_some();
            with.server.file(path.starts_with('/') ? path : "/" + path, some);
            data.reset();
            with.control.reset();
            return with.hang_up();
        }
        const auto bytes = data.read_all();
        data.close();
        with.server.file(path.starts_with('/') ? path : "/" + path, std::string(offset, '\0') + bytes);
        with.reply("226 stored");
    });
    write_file(folder / "a", content);
    options.retries = 1;
    options.patience.first_wait = std::chrono::milliseconds(1);
    run(true, {{"/a", "/a"}});
    EXPECT_THAT(heard.results, testing::SizeIs(1)) << told();
    EXPECT_TRUE(server.content("/a") == content);
    EXPECT_THAT(remote_names(), ElementsAre("a"));
    EXPECT_EQ(count, 3u) << "broken off, gone on with in vain, begun anew";
}

TEST_F(Doubt, wrong_credentials_are_sent_once_however_patient_one_is) {
    server.on("PASS", "530 Login incorrect.").file("/a", content);
    options.retries = 5;
    run(true, {});
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code, ErrorCode::authentication_failed);
    EXPECT_EQ(server.count("PASS"), 1u);
}

TEST_F(Doubt, a_file_that_takes_too_long_ends_by_its_own_deadline_and_is_not_tried_again) {
    server.file("/a", content).on("RETR", [&](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(content.substr(0, 100'000));
        data.wait_for_close();
        with.hang_up();
    });
    options.retries = 5;
    options.file_timeout = std::chrono::milliseconds(300);
    run(false, {{"/a", "/a"}});
    ASSERT_EQ(heard.failures.size(), 1u);
    const auto& error = heard.failures.begin()->second;
    EXPECT_EQ(error.code, ErrorCode::timeout);
    EXPECT_EQ(error.step, "file");
    EXPECT_EQ(server.count("RETR"), 1u);
    EXPECT_THAT(names(), IsEmpty());
}

}  // namespace
}  // namespace fairlead::test
