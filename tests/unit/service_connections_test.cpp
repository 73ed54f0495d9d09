#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "fairlead/error.hpp"
#include "service/connections.hpp"
#include "service/vault.hpp"
#include "service/workspace.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::service {
namespace {

using catalog::ConnectionPatch;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ConnectionsTest : public ::testing::Test {
  protected:
    ConnectionsTest() { reopen(); }

    void reopen() {
        workspace_.reset();
        workspace_ = std::make_unique<Workspace>(directory());
        workspace_->act_as({"alice", "cli", false, true});
    }
    std::string directory() const { return (folder_ / "data").string(); }
    Connections& connections() { return workspace_->connections(); }

    static ConnectionPatch fields(const std::string& host = "ftp.example.com",
                                  const std::string& password = "hunter2") {
        ConnectionPatch patch;
        patch.set("host", host);
        if (!password.empty()) patch.secrets["password"] = Secret(password);
        return patch;
    }

    template <class Work>
    Error error_of(Work work) {
        try {
            work();
        } catch (const Error& error) {
            return error;
        }
        return Error(ErrorCode::internal, "nothing was thrown");
    }

    test::TemporaryFolder folder_;
    std::unique_ptr<Workspace> workspace_;
};

TEST_F(ConnectionsTest, gives_back_a_secret_only_for_use) {
    connections().create("default", "partner", fields());
    EXPECT_TRUE(connections().get("default", "partner").password.empty());
    EXPECT_EQ(connections().usable("default", "partner").password.reveal(), "hunter2");
    reopen();
    EXPECT_EQ(connections().usable("default", "PARTNER").password.reveal(), "hunter2");
}

TEST_F(ConnectionsTest, records_who_made_and_changed_it_and_counts_revisions) {
    const auto created = connections().create("default", "partner", fields()).connection;
    EXPECT_EQ(created.record.revision, 1);
    EXPECT_EQ(created.record.created_by, "alice");
    ConnectionPatch change;
    change.set("description", "x");
    const auto updated = connections().update("default", "partner", change).connection;
    EXPECT_EQ(updated.record.revision, 2);
    EXPECT_EQ(updated.record.id, created.record.id);
    EXPECT_NE(updated.record.etag(), created.record.etag());
    EXPECT_EQ(connections().usable("default", "partner").password.reveal(), "hunter2")
        << "what is not named stays";
}

TEST_F(ConnectionsTest, refuses_a_change_that_expects_another_revision) {
    connections().create("default", "partner", fields());
    EXPECT_EQ(error_of([&] { connections().update("default", "partner", fields(), 7); }).code,
              ErrorCode::conflict);
    EXPECT_NO_THROW(connections().update("default", "partner", fields(), 1));
}

TEST_F(ConnectionsTest, removes_a_secret_that_is_set_to_nothing) {
    connections().create("default", "partner", fields());
    ConnectionPatch change;
    change.secrets["password"] = Secret();
    connections().update("default", "partner", change);
    EXPECT_TRUE(connections().usable("default", "partner").password.empty());
}

TEST_F(ConnectionsTest, stores_nothing_when_a_field_is_wrong) {
    auto wrong = fields("a b");
    wrong.set("port", "0");
    const auto error = error_of([&] { connections().create("default", "partner", wrong); });
    EXPECT_EQ(error.code, ErrorCode::invalid_argument);
    EXPECT_EQ(error.faults.size(), 2u);
    EXPECT_THAT(connections().names("default"), IsEmpty());
}

TEST_F(ConnectionsTest, suggests_the_name_that_was_likely_meant) {
    connections().create("default", "partner", fields());
    const auto error = error_of([&] { connections().get("default", "prtner"); });
    EXPECT_EQ(error.code, ErrorCode::not_found);
    EXPECT_THAT(error.hint, HasSubstr("'partner'"));
}

TEST_F(ConnectionsTest, shows_global_ones_in_every_project_where_an_own_one_wins) {
    connections().create("global", "shared", fields("global.example.com"));
    connections().create("global", "both", fields("global.example.com"));
    connections().create("p", "Both", fields("own.example.com"));
    EXPECT_THAT(connections().names("p"), ElementsAre("Both", "shared"));
    EXPECT_EQ(connections().list("p").size(), 2u);
    EXPECT_EQ(connections().get("p", "both").host, "own.example.com");
    EXPECT_EQ(connections().get("p", "shared").host, "global.example.com");
    EXPECT_EQ(connections().get("q", "both").host, "global.example.com");
}

TEST_F(ConnectionsTest, refuses_the_use_of_a_disabled_one_by_name_and_keeps_its_definition) {
    connections().create("default", "partner", fields());
    connections().set_enabled("default", "partner", false);
    const auto error = error_of([&] { connections().usable("default", "partner"); });
    EXPECT_EQ(error.code, ErrorCode::disabled);
    EXPECT_THAT(error.message, HasSubstr("'partner'"));
    connections().set_enabled("default", "partner", true);
    EXPECT_EQ(connections().usable("default", "partner").host, "ftp.example.com");
}

TEST_F(ConnectionsTest, never_sends_a_stored_secret_to_a_host_given_for_one_use) {
    connections().create("default", "partner", fields());
    EXPECT_EQ(
        error_of([&] { connections().usable("default", "partner", fields("evil.example.com", "")); }).code,
        ErrorCode::invalid_argument);
    const auto elsewhere = connections().usable("default", "partner", fields("other.example.com", "its own"));
    EXPECT_EQ(elsewhere.password.reveal(), "its own");
    EXPECT_EQ(connections().usable("default", "partner", fields("FTP.example.com", "")).password.reveal(),
              "hunter2");
}

TEST_F(ConnectionsTest, warns_when_a_change_of_host_keeps_the_stored_secret) {
    connections().create("default", "partner", fields());
    const auto saved = connections().update("default", "partner", fields("other.example.com", ""));
    ASSERT_EQ(saved.warnings.size(), 1u);
    EXPECT_EQ(saved.warnings[0].field, "password");
    EXPECT_THAT(connections().update("default", "partner", fields("third.example.com", "new")).warnings,
                IsEmpty());
}

TEST_F(ConnectionsTest, copies_a_connection_with_its_secrets_under_another_id) {
    const auto original = connections().create("default", "partner", fields()).connection;
    const auto copy = connections().duplicate("default", "partner", "copy").connection;
    EXPECT_NE(copy.record.id, original.record.id);
    EXPECT_EQ(connections().usable("default", "copy").password.reveal(), "hunter2");
    EXPECT_EQ(error_of([&] { connections().duplicate("default", "partner", "COPY"); }).code,
              ErrorCode::already_exists);
}

TEST_F(ConnectionsTest, renames_also_only_in_case) {
    connections().create("default", "partner", fields());
    connections().rename("default", "partner", "Partner");
    EXPECT_THAT(connections().names("default"), ElementsAre("Partner"));
    EXPECT_EQ(connections().usable("default", "partner").password.reveal(), "hunter2");
}

TEST_F(ConnectionsTest, adds_a_newly_accepted_host_key_once) {
    ConnectionPatch sftp;
    sftp.set("protocol", "sftp");
    sftp.set("host", "h");
    sftp.set("username", "u");
    connections().create("default", "s", sftp);
    const std::string key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    connections().record_host_key("default", "s", key);
    connections().record_host_key("default", "s", key);
    const auto stored = connections().get("default", "s");
    EXPECT_THAT(stored.sftp.host_keys, ElementsAre(key));
    EXPECT_EQ(stored.record.revision, 2);
}

TEST_F(ConnectionsTest, with_another_key_say_so_and_lose_nothing) {
    connections().create("default", "partner", fields());
    const auto key_file = folder_ / "data/secret.key";
    const auto right = test::read_file(key_file);
    test::write_file(key_file, std::string(64, 'b'));
    reopen();
    EXPECT_THAT(error_of([&] { connections().usable("default", "partner"); }).message,
                HasSubstr("is not the one"));
    EXPECT_THAT(error_of([&] { connections().create("default", "new", fields()); }).message,
                HasSubstr("is not the one"));
    EXPECT_EQ(connections().list("default").size(), 1u) << "what needs no key still works";
    test::write_file(key_file, right);
    reopen();
    EXPECT_EQ(connections().usable("default", "partner").password.reveal(), "hunter2");
}

TEST_F(ConnectionsTest, without_their_key_say_so_and_make_no_new_one) {
    connections().create("default", "partner", fields());
    std::filesystem::remove(folder_ / "data/secret.key");
    reopen();
    EXPECT_THAT(error_of([&] { connections().usable("default", "partner"); }).message,
                HasSubstr("is missing"));
    EXPECT_THAT(error_of([&] { connections().create("default", "new", fields()); }).message,
                HasSubstr("is missing"));
    EXPECT_FALSE(std::filesystem::exists(folder_ / "data/secret.key"));
}

TEST(Workspace, makes_a_private_directory_and_refuses_one_that_others_may_write_to) {
    test::TemporaryFolder folder;
    const auto path = (folder / "a/data").string();
    { Workspace workspace(path); }
    struct stat facts {};
    ASSERT_EQ(::stat(path.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0700u);
    ASSERT_EQ(::chmod(path.c_str(), 0777), 0);
    EXPECT_THROW(Workspace{path}, Error);
}

}  // namespace
}  // namespace fairlead::service
