#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>

#include "fairlead/error.hpp"
#include "support/temporary_folder.hpp"
#include "transfer/journal.hpp"

namespace fairlead::transfer {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Unfinished large(const std::string& target = "/in/a", const std::string& temporary = "/in/.a.x.fairlead") {
    Unfinished transfer;
    transfer.source_place = "local";
    transfer.source_path = "/home/a\n\"\\\xff";
    transfer.source_size = 5'000'000;
    transfer.source_modified = Time(std::chrono::milliseconds(1'700'000'000'123));
    transfer.source_precision = TimePrecision::millisecond;
    transfer.target_place = "sftp://u@h:22/";
    transfer.asked = transfer.target = target;
    transfer.temporary = temporary;
    return transfer;
}

Unfinished small(const std::string& target) {
    auto transfer = large(target, target + ".part");
    transfer.source_size = 10;
    return transfer;
}

class JournalTest : public testing::Test {
    const test::TemporaryFolder folder_;

  protected:
    const std::string directory = (folder_.path() / "data/transfers").string();

    /// Lets another process use the journal and die without a word.
    void in_dead_process(const std::function<void(Journal&)>& use) const {
        const auto child = ::fork();
        if (child == 0) {
            Journal journal(directory);
            use(journal);
            ::_exit(0);
        }
        ::waitpid(child, nullptr, 0);
    }
    std::vector<std::string> files() const {
        std::vector<std::string> found;
        if (!fs::exists(directory)) return found;
        for (const auto& entry : fs::directory_iterator(directory))
            found.push_back(entry.path().filename().string());
        return found;
    }
};

TEST_F(JournalTest, gives_what_a_dead_process_left_to_whoever_uses_the_same_target_byte_by_byte) {
    in_dead_process([](Journal& dead) { dead.begin(large()); });
    Journal journal(directory);
    const auto found = journal.claim("sftp://u@h:22/", "/in/a");
    ASSERT_THAT(found, SizeIs(1));
    EXPECT_EQ(found[0].source_path, "/home/a\n\"\\\xff");
    EXPECT_EQ(found[0].source_size, 5'000'000u);
    EXPECT_EQ(found[0].source_modified, large().source_modified);
    EXPECT_EQ(found[0].source_precision, TimePrecision::millisecond);
    EXPECT_EQ(found[0].temporary, "/in/.a.x.fairlead");
    EXPECT_EQ(found[0].state, Unfinished::State::begun);
    EXPECT_THAT(journal.claim("sftp://u@h:22/", "/in/a"), IsEmpty()) << "it is being worked on";
}

TEST_F(JournalTest, leaves_alone_what_belongs_to_another_target_or_place) {
    in_dead_process([](Journal& dead) { dead.begin(large()); });
    Journal journal(directory);
    EXPECT_THAT(journal.claim("sftp://u@h:22/", "/in/b"), IsEmpty());
    EXPECT_THAT(journal.claim("ftp://u@h:21/", "/in/a"), IsEmpty());
    Journal other(directory);
    EXPECT_THAT(other.claim("sftp://u@h:22/", "/in/a"), SizeIs(1));
}

TEST_F(JournalTest, never_gives_away_what_a_living_process_works_on) {
    Journal living(directory);
    living.begin(large());
    Journal journal(directory);
    EXPECT_THAT(journal.claim("sftp://u@h:22/", "/in/a"), IsEmpty());
    EXPECT_THAT(journal.left_at("sftp://u@h:22/"), IsEmpty());
}

TEST_F(JournalTest, tidies_away_the_nameless_file_of_a_dead_process_but_not_of_a_living_one) {
    fs::create_directories(directory);
    fs::permissions(fs::path(directory), fs::perms(0700));
    test::write_file(fs::path(directory) / "dead.journal.1.new", "{");
    const auto being_named = (fs::path(directory) / "living.journal.1.new").string();
    test::write_file(being_named, "{");
    const int held = ::open(being_named.c_str(), O_RDWR | O_CLOEXEC);
    ASSERT_EQ(::flock(held, LOCK_EX | LOCK_NB), 0);
    Journal journal(directory);
    journal.look_around();
    EXPECT_THAT(files(), ElementsAre("living.journal.1.new"));
    ::close(held);
    journal.look_around();
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(JournalTest, of_two_that_want_the_same_only_one_gets_it) {
    in_dead_process([](Journal& dead) { dead.begin(large()); });
    Journal one(directory), two(directory);
    one.look_around();
    two.look_around();
    EXPECT_EQ(one.claim("sftp://u@h:22/", "/in/a").size() + two.claim("sftp://u@h:22/", "/in/a").size(), 1u);
}

TEST_F(JournalTest, remembers_how_far_each_transfer_was) {
    in_dead_process([](Journal& dead) {
        dead.begin(large("/begun"));
        dead.staged(dead.begin(large("/staged")), 5'000'000, "sha256:00");
        const auto exchanged = dead.begin(large("/exchanged"));
        dead.aside(exchanged, "/.exchanged.old");
        dead.doomed(dead.begin(large("/doomed")));
        dead.end(dead.begin(large("/ended")));
        dead.begin(large("/last"));  // which carries the end before it to the disk
    });
    Journal journal(directory);
    EXPECT_EQ(journal.claim("sftp://u@h:22/", "/begun").at(0).state, Unfinished::State::begun);
    const auto staged = journal.claim("sftp://u@h:22/", "/staged").at(0);
    EXPECT_EQ(staged.state, Unfinished::State::staged);
    EXPECT_EQ(staged.staged_size, 5'000'000u);
    EXPECT_EQ(staged.checksum, "sha256:00");
    EXPECT_EQ(journal.claim("sftp://u@h:22/", "/exchanged").at(0).aside, "/.exchanged.old");
    EXPECT_EQ(journal.claim("sftp://u@h:22/", "/doomed").at(0).state, Unfinished::State::doomed);
    EXPECT_THAT(journal.claim("sftp://u@h:22/", "/ended"), IsEmpty());
}

TEST_F(JournalTest, keeps_the_facts_when_they_pass_from_one_dead_process_to_the_next) {
    in_dead_process([](Journal& dead) { dead.staged(dead.begin(large()), 5'000'000, ""); });
    in_dead_process([](Journal& dead) { dead.claim("sftp://u@h:22/", "/in/a"); });
    EXPECT_THAT(files(), SizeIs(1)) << "the first one's journal is not needed any more";
    Journal journal(directory);
    EXPECT_EQ(journal.claim("sftp://u@h:22/", "/in/a").at(0).state, Unfinished::State::staged);
}

TEST_F(JournalTest, leaves_no_file_when_nothing_is_unfinished) {
    {
        Journal journal(directory);
        journal.end(journal.begin(large()));
        EXPECT_THAT(files(), SizeIs(1));
    }
    EXPECT_THAT(files(), IsEmpty());
    {
        Journal journal(directory);
        journal.leave(journal.begin(large()));
    }
    EXPECT_THAT(files(), SizeIs(1));
}

TEST_F(JournalTest, gives_what_was_left_in_the_same_process_too) {
    Journal memory;
    const auto number = memory.begin(large());
    EXPECT_THAT(memory.claim("sftp://u@h:22/", "/in/a"), IsEmpty());
    memory.leave(number);
    EXPECT_THAT(memory.claim("sftp://u@h:22/", "/in/a"), SizeIs(1));
}

TEST_F(JournalTest, takes_a_torn_last_line_as_never_written) {
    in_dead_process([](Journal& dead) { dead.begin(large()); });
    for (const auto& entry : fs::directory_iterator(directory))
        std::ofstream(entry.path(), std::ios::app) << "{\"end\":1";
    Journal journal(directory);
    EXPECT_THAT(journal.claim("sftp://u@h:22/", "/in/a"), SizeIs(1));
}

TEST_F(JournalTest, gives_small_things_of_a_place_all_at_once) {
    in_dead_process([](Journal& dead) {
        for (int i = 0; i < 100; ++i)
            dead.begin(small("/s" + std::to_string(i)));
        dead.begin(large());
    });
    Journal journal(directory);
    const auto claimed =
        journal.claim_where("sftp://u@h:22/", [](const Unfinished& left) { return left.source_size == 10u; });
    EXPECT_THAT(claimed, SizeIs(100));
    EXPECT_THAT(journal.left_at("sftp://u@h:22/"), SizeIs(1));
}

TEST_F(JournalTest, that_others_may_write_to_is_not_believed) {
    in_dead_process([](Journal& dead) { dead.begin(large()); });
    fs::permissions(directory, fs::perms(0777));
    Journal journal(directory);
    EXPECT_THAT(journal.claim("sftp://u@h:22/", "/in/a"), IsEmpty());
    journal.begin(large());
    EXPECT_FALSE(journal.trouble().empty());
}

TEST_F(JournalTest, that_cannot_be_written_goes_on_in_memory_and_says_why) {
    test::write_file(fs::path(directory).parent_path().parent_path() / "data", "a file in the way");
    Journal journal(directory);
    const auto number = journal.begin(large());
    EXPECT_FALSE(journal.trouble().empty());
    journal.leave(number);
    EXPECT_THAT(journal.claim("sftp://u@h:22/", "/in/a"), SizeIs(1));
}

TEST_F(JournalTest, lets_one_transfer_at_a_time_use_a_name_that_others_could_choose_too) {
    Journal one(directory), two(directory);
    auto held = one.reserve("local", "/a.part");
    EXPECT_THROW(two.reserve("local", "/a.part"), Error);
    EXPECT_NO_THROW(two.reserve("local", "/b.part"));
    held.reset();
    EXPECT_NO_THROW(two.reserve("local", "/a.part"));
    EXPECT_THAT(files(), IsEmpty());
}

TEST_F(JournalTest, stays_small_however_many_files_pass) {
    Journal journal(directory);
    journal.begin(large());
    for (int i = 0; i < 30'000; ++i) {
        const auto number = journal.begin(small("/s" + std::to_string(i)));
        journal.staged(number, 10, "");
        journal.end(number);
    }
    for (const auto& entry : fs::directory_iterator(directory))
        EXPECT_LT(entry.file_size(), 5'000'000u);
    EXPECT_THAT(files(), SizeIs(1));
}

}  // namespace
}  // namespace fairlead::transfer
