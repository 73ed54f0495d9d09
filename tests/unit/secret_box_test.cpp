#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "catalog/secret_box.hpp"
#include "catalog/secret_key.hpp"
#include "fairlead/error.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::catalog {
namespace {

Secret key_of(char c) {
    return Secret(std::string(SecretBox::kKeyBytes, c));
}

TEST(SecretBox, opens_what_it_sealed) {
    const SecretBox box(key_of('k'));
    const auto sealed = box.seal(Secret("hunter2"), "id", "password");
    EXPECT_EQ(box.open(sealed, "id", "password").reveal(), "hunter2");
    EXPECT_EQ(sealed.find("hunter2"), std::string::npos);
}

TEST(SecretBox, seals_the_same_secret_differently_each_time) {
    const SecretBox box(key_of('k'));
    EXPECT_NE(box.seal(Secret("x"), "id", "f"), box.seal(Secret("x"), "id", "f"));
}

TEST(SecretBox, refuses_another_record_field_or_key) {
    const SecretBox box(key_of('k'));
    const auto sealed = box.seal(Secret("hunter2"), "id", "password");
    EXPECT_THROW(box.open(sealed, "other", "password"), Error);
    EXPECT_THROW(box.open(sealed, "id", "sftp.passphrase"), Error);
    EXPECT_THROW(SecretBox(key_of('j')).open(sealed, "id", "password"), Error);
}

TEST(SecretBox, refuses_bytes_that_were_changed_or_cut) {
    const SecretBox box(key_of('k'));
    const auto sealed = box.seal(Secret("hunter2"), "id", "password");
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        EXPECT_THROW(box.open(changed, "id", "password"), Error) << "byte " << i;
        EXPECT_THROW(box.open(sealed.substr(0, i), "id", "password"), Error) << "cut at " << i;
    }
}

TEST(SecretBox, tells_keys_apart_by_id) {
    EXPECT_EQ(SecretBox(key_of('k')).key_id(), SecretBox(key_of('k')).key_id());
    EXPECT_NE(SecretBox(key_of('k')).key_id(), SecretBox(key_of('j')).key_id());
}

class SecretKeyTest : public ::testing::Test {
  protected:
    void SetUp() override { clear(); }
    void TearDown() override { clear(); }
    static void clear() {
        ::unsetenv("FAIRLEAD_KEY");
        ::unsetenv("CREDENTIALS_DIRECTORY");
    }
    std::string folder() const { return folder_.path().string(); }

    test::TemporaryFolder folder_;
    const std::string hex_ = std::string(64, 'a');
};

TEST_F(SecretKeyTest, is_made_once_for_its_owner_only) {
    EXPECT_TRUE(find_secret_keys(folder()).empty());
    const auto made = make_secret_key(folder());
    EXPECT_EQ(made.key.reveal().size(), SecretBox::kKeyBytes);
    struct stat facts {};
    ASSERT_EQ(::stat(made.source.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 07777, 0600u);
    EXPECT_EQ(find_secret_keys(folder()).at(0).key, made.key);
    EXPECT_EQ(make_secret_key(folder()).key, made.key) << "whoever comes second uses the first one's";
}

TEST_F(SecretKeyTest, that_others_can_read_is_refused_with_the_fix) {
    const auto made = make_secret_key(folder());
    ASSERT_EQ(::chmod(made.source.c_str(), 0640), 0);
    try {
        find_secret_keys(folder());
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::permission_denied);
        EXPECT_NE(error.hint.find("chmod 600"), std::string::npos);
    }
}

TEST_F(SecretKeyTest, comes_from_the_environment_before_the_file_in_hexadecimal_or_base64) {
    make_secret_key(folder());
    ::setenv("FAIRLEAD_KEY", hex_.c_str(), 1);
    EXPECT_EQ(find_secret_keys(folder()).at(0).source, "$FAIRLEAD_KEY");
    EXPECT_EQ(find_secret_keys(folder()).at(0).key, Secret(std::string(32, '\xaa')));
    ::setenv("FAIRLEAD_KEY", "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=", 1);
    EXPECT_EQ(find_secret_keys(folder()).at(0).key, Secret(std::string(32, '\xaa')));
}

TEST_F(SecretKeyTest, comes_from_a_systemd_credential_before_the_file) {
    test::TemporaryFolder credentials;
    test::write_file(credentials / "fairlead.key", hex_ + "\n");
    ::setenv("CREDENTIALS_DIRECTORY", credentials.path().c_str(), 1);
    make_secret_key(folder());
    EXPECT_EQ(find_secret_keys(folder()).at(0).key, Secret(std::string(32, '\xaa')));
}

TEST_F(SecretKeyTest, that_is_malformed_is_refused_without_repeating_it) {
    ::setenv("FAIRLEAD_KEY", "not-a-key", 1);
    try {
        find_secret_keys(folder());
        FAIL() << "accepted";
    } catch (const Error& error) {
        EXPECT_EQ(error.code, ErrorCode::invalid_argument);
        EXPECT_EQ(error.message.find("not-a-key"), std::string::npos);
    }
}

}  // namespace
}  // namespace fairlead::catalog
