// Whole transfers against servers that fail in the middle: the right error, and nothing torn under the final
// name.
#include <fcntl.h>
#include <sys/stat.h>

#include "fault/fault.hpp"
#include "remote/memory_file_system.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/transfer.hpp"

namespace fairlead::test {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Downloads /a of the server into memory, where "old" stands under the final name.
class Download : public testing::Test {
  protected:
    Outcome run(ScriptedFtp& server) {
        local_->put("/got", "old");
        auto endpoint = server.endpoint();
        endpoint.timeouts = {2s, 2s, 2s};
        Session session(endpoint);
        MemoryFileSystem target(local_);
        return outcome_of([&] {
            transfer::Job job;
            job.source = "/a";
            job.facts = session.stat("/a");
            job.target = "/got";
            const transfer::Options options;
            session.loop.run(transfer::transfer_file(session.files(), target, job, options));
        });
    }
    std::vector<std::string> names() {
        Loop loop;
        MemoryFileSystem files(local_);
        auto listing = loop.run(files.list("/"));
        std::vector<std::string> found;
        for (auto& entry : loop.run(listing->next()))
            found.push_back(entry.name);
        return found;
    }
    void expect_nothing_torn(const Outcome& outcome) {
        EXPECT_EQ(local_->get("/got"), "old") << outcome;
        EXPECT_THAT(names(), ElementsAre("got")) << outcome;
    }
    std::shared_ptr<MemoryStore> local_ = std::make_shared<MemoryStore>();
    const std::string content_ = noise(1'000'000);
};

TEST_F(Download, whole_replaces_what_was_there) {
    ScriptedFtp server;
    server.file("/a", content_);
    EXPECT_EQ(run(server).code, "no error");
    EXPECT_TRUE(local_->get("/got") == content_);
}

TEST_F(Download, of_which_the_data_connection_is_reset_in_the_middle) {
    ScriptedFtp server;
    server.file("/a", content_).on("RETR", [this](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(std::string_view(content_).substr(0, 300'000));
        data.reset();
        with.reply("426 broken");
    });
    const auto outcome = run(server);
    EXPECT_THAT(outcome.code, AnyOf("incomplete", "connection_lost")) << outcome;
    EXPECT_TRUE(outcome.error->retryable());
    expect_nothing_torn(outcome);
}

TEST_F(Download, whose_server_vanishes_in_the_middle) {
    ScriptedFtp server;
    server.file("/a", content_).on("RETR", [this](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(std::string_view(content_).substr(0, 300'000));
        with.control.reset();
        data.reset();
        with.hang_up();
    });
    const auto outcome = run(server);
    EXPECT_THAT(outcome.code, AnyOf("incomplete", "connection_lost")) << outcome;
    expect_nothing_torn(outcome);
}

TEST_F(Download, that_ends_short_and_is_confirmed_all_the_same) {
    ScriptedFtp server;
    server.file("/a", content_).on("RETR", [this](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(std::string_view(content_).substr(0, 300'000));
        data.close();
        with.reply("226 done");
    });
    const auto outcome = run(server);
    EXPECT_THAT(outcome.code, AnyOf("incomplete", "size_mismatch", "source_changed")) << outcome;
    EXPECT_TRUE(outcome.error->retryable());
    expect_nothing_torn(outcome);
}

TEST_F(Download, that_brings_more_than_was_announced) {
    ScriptedFtp server;
    server.file("/a", content_).on("RETR", [this](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(content_ + "and more");
        data.close();
        with.reply("226 done");
    });
    const auto outcome = run(server);
    EXPECT_THAT(outcome.code, AnyOf("incomplete", "size_mismatch", "source_changed")) << outcome;
    expect_nothing_torn(outcome);
}

TEST_F(Download, that_stalls_in_the_middle) {
    ScriptedFtp server;
    server.file("/a", content_).on("RETR", [this](FtpConversation& with, const std::string&) {
        with.reply("150 here it comes");
        auto data = with.open_data();
        data.write(std::string_view(content_).substr(0, 300'000));
        with.control.wait_for_close();
        with.hang_up();
    });
    const auto outcome = run(server);
    EXPECT_EQ(outcome.code, "timeout") << outcome;
    EXPECT_LT(outcome.took, 15s);
    expect_nothing_torn(outcome);
}

TEST_F(Download, that_does_not_fit_here) {
    ScriptedFtp server;
    server.file("/a", content_);
    local_->capacity = 500'000;
    const auto outcome = run(server);
    EXPECT_EQ(outcome.code, "no_space") << outcome;
    expect_nothing_torn(outcome);
}

/// Uploads a memory file to /target of the server, where "old" stands.
class Upload : public testing::Test {
  protected:
    Outcome run(ScriptedFtp& server) {
        local_->put("/a", content_);
        server.file("/target", "old");
        auto endpoint = server.endpoint();
        endpoint.timeouts = {2s, 2s, 2s};
        Session session(endpoint);
        MemoryFileSystem source(local_);
        return outcome_of([&] {
            transfer::Job job;
            job.source = "/a";
            job.facts = session.loop.run(source.stat("/a"));
            job.target = "/target";
            result_ = session.loop.run(transfer::transfer_file(source, session.files(), job, options_));
        });
    }
    transfer::Options options_;
    transfer::TransferResult result_;
    std::shared_ptr<MemoryStore> local_ = std::make_shared<MemoryStore>();
    const std::string content_ = noise(1'000'000);
};

/// A server that takes each file away the moment it is complete. `delivered` gets what was sent, by name.
void take_away(ScriptedFtp& server, std::map<std::string, std::string>& delivered) {
    server.on("STOR", [&](FtpConversation& with, const std::string& path) {
        with.behave("STOR", path);
        delivered[path] = server.content(path).value_or("");
        server.remove_file(path);
    });
}

TEST_F(Upload, Landmine110_of_a_file_that_is_taken_away_at_once_fails_unless_that_is_expected) {
    ScriptedFtp server;
    std::map<std::string, std::string> delivered;
    take_away(server, delivered);
    const auto outcome = run(server);
    EXPECT_THAT(outcome.code, AnyOf("incomplete", "not_found")) << outcome;
}

TEST_F(Upload, Landmine110_to_a_drop_box_has_the_final_name_and_the_servers_word_as_proof) {
    ScriptedFtp server;
    std::map<std::string, std::string> delivered;
    take_away(server, delivered);
    options_.drop_box = true;
    const auto outcome = run(server);
    EXPECT_EQ(outcome.code, "no error") << outcome;
    EXPECT_TRUE(delivered["/target"] == content_);
    EXPECT_EQ(delivered.size(), 1u);
    EXPECT_EQ(result_.proof, transfer::Proof::none);
    EXPECT_THAT(result_.warnings, ElementsAre(HasSubstr("the server's word")));
}

TEST_F(Upload, Landmine110_to_a_drop_box_that_breaks_off_is_no_success) {
    ScriptedFtp server;
    server.on("STOR", [](FtpConversation& with, const std::string&) {
        with.reply("150 send it");
        auto data = with.open_data();
        data.read_some();
        data.reset();
        with.reply("426 broken");
    });
    options_.drop_box = true;
    const auto outcome = run(server);
    EXPECT_THAT(outcome.code, AnyOf("incomplete", "connection_lost")) << outcome;
}

TEST_F(Upload, whole_replaces_what_was_there) {
    ScriptedFtp server;
    const auto outcome = run(server);
    EXPECT_EQ(outcome.code, "no error") << outcome;
    EXPECT_TRUE(server.content("/target") == content_);
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), ElementsAre("target"));
}

TEST_F(Upload, to_a_full_disk_is_no_space_and_keeps_the_old_file) {
    for (const auto& [reply, code] :
         {std::pair("452 Insufficient storage space.", "no_space"),
          std::pair("552 Disk full - please upload later", "no_space"),
          std::pair("552 Exceeded storage allocation (quota)", "quota_exceeded")}) {
        ScriptedFtp server;
        server.on("STOR", [reply = reply](FtpConversation& with, const std::string&) {
            with.reply("150 send it");
            auto data = with.open_data();
            data.read_some();
            with.reply(reply);
            data.reset();
        });
        const auto outcome = run(server);
        EXPECT_EQ(outcome.code, code) << reply << ": " << outcome;
        EXPECT_FALSE(outcome.error->retryable());
        EXPECT_EQ(server.content("/target"), "old");
    }
}

TEST_F(Upload, to_a_server_that_stores_less_than_it_confirms) {  // field.md 37
    ScriptedFtp server;
    server.on("STOR", [](FtpConversation& with, const std::string& path) {
        with.reply("150 send it");
        auto data = with.open_data();
        const auto bytes = data.read_all();
        data.close();
        with.server.file(path.starts_with('/') ? path : "/" + path, bytes.substr(0, bytes.size() / 2));
        with.reply("226 stored");
    });
    const auto outcome = run(server);
    EXPECT_EQ(outcome.code, "size_mismatch") << outcome;
    EXPECT_EQ(server.content("/target"), "old");
    Session session(server.endpoint());
    EXPECT_THAT(session.names("/"), ElementsAre("target")) << "the torn temporary file was left behind";
}

TEST_F(Upload, to_a_server_that_vanishes_in_the_middle) {
    ScriptedFtp server;
    server.on("STOR", [](FtpConversation& with, const std::string&) {
        with.reply("150 send it");
        auto data = with.open_data();
        data.read_some();
        with.control.reset();
        data.reset();
        with.hang_up();
    });
    const auto outcome = run(server);
    EXPECT_THAT(outcome.code, AnyOf("incomplete", "connection_lost")) << outcome;
    EXPECT_EQ(server.content("/target"), "old");
}

// Pure-FTPd takes no other command amid a transfer, and calls even NOOP unknown then.
TEST_F(Upload, that_breaks_without_a_word_may_be_tried_again_whatever_becomes_of_noop) {
    ScriptedFtp server;
    server.on("NOOP", "500 Unknown command");
    server.on("STOR", [](FtpConversation& with, const std::string&) {
        with.reply("150 send it");
        auto data = with.open_data();
        data.read_some();
        data.reset();
    });
    const auto outcome = run(server);
    ASSERT_TRUE(outcome.error) << outcome;
    EXPECT_TRUE(outcome.error->retryable()) << outcome;
    EXPECT_EQ(server.content("/target"), "old");
    EXPECT_LE(server.count("NOOP"), 1u);  // none, where the broken data connection was noticed first
}

TEST_F(Upload, to_a_folder_without_the_right_to_write) {
    ScriptedFtp server;
    server.on("STOR", "550 Permission denied.");
    const auto outcome = run(server);
    EXPECT_EQ(outcome.code, "permission_denied") << outcome;
    EXPECT_FALSE(outcome.error->retryable());
    EXPECT_THAT(outcome.error->server_reply, HasSubstr("Permission denied"));
    EXPECT_EQ(server.content("/target"), "old");
}

}  // namespace
}  // namespace fairlead::test
