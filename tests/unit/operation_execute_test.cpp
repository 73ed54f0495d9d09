// The verbs of operations over a file system in memory: what is stored, given, deleted and told, document by
// document.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <boost/json/parse.hpp>

#include "base/quantity.hpp"
#include "operation/execution.hpp"
#include "remote/memory_file_system.hpp"
#include "support/run.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::operation {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class Recorder final : public Listener {
  public:
    awaitable<void> done(const catalog::RunFile& file) override {
        files.push_back(file);
        co_return;
    }
    awaitable<void> require_ours() override { co_return; }
    awaitable<void> listed(const Entry& entry) override {
        entries.push_back(entry);
        co_return;
    }
    std::vector<catalog::RunFile> files;
    std::vector<Entry> entries;
};

/// Files in memory that refuse to delete some of theirs.
class Stubborn final : public FileSystem {
  public:
    Stubborn(std::shared_ptr<MemoryStore> store, std::vector<std::string> kept) : files_(store), kept_(std::move(kept)) {}
    const Abilities& abilities() const override { return files_.abilities(); }
    const PeerInfo& peer() const override { return files_.peer(); }
    awaitable<Entry> stat(std::string_view path) override { return files_.stat(path); }
    awaitable<std::unique_ptr<Listing>> list(std::string_view path) override { return files_.list(path); }
    awaitable<std::unique_ptr<ReadStream>> open_read(std::string_view path, ReadOptions options) override {
        return files_.open_read(path, options);
    }
    awaitable<std::unique_ptr<WriteStream>> open_write(std::string_view path, WriteOptions options) override {
        return files_.open_write(path, options);
    }
    awaitable<void> rename(std::string_view from, std::string_view to, bool replace) override {
        return files_.rename(from, to, replace);
    }
    awaitable<void> remove(std::string_view path) override {
        if (std::ranges::find(kept_, path) != kept_.end())
            throw Error(ErrorCode::permission_denied, "It may not be deleted.").on(std::string(path));
        co_await files_.remove(path);
    }
    awaitable<void> make_directory(std::string_view path) override { return files_.make_directory(path); }
    awaitable<void> remove_directory(std::string_view path) override { return files_.remove_directory(path); }
    awaitable<void> set_modified(std::string_view path, Time time) override { return files_.set_modified(path, time); }
    awaitable<void> set_mode(std::string_view path, std::uint32_t mode) override { return files_.set_mode(path, mode); }
    awaitable<std::string> checksum(std::string_view path, ChecksumAlgorithm a) override { return files_.checksum(path, a); }
    awaitable<RawReply> raw_command(std::string_view command) override { return files_.raw_command(command); }
    awaitable<void> ping() override { return files_.ping(); }
    awaitable<void> close() override { return files_.close(); }

  private:
    MemoryFileSystem files_;
    std::vector<std::string> kept_;
};

class Execute : public testing::Test {
  protected:
    Execute() { std::filesystem::create_directory(folder / "out"); }

    Recorder run(std::string_view fields, std::vector<Input> inputs = {}, catalog::Parameters parameters = {}) {
        Request request;
        std::vector<Fault> faults;
        request.operation = catalog::apply({}, boost::json::parse(fields).as_object(), faults);
        request.operation.name = "o";
        request.operation.connection = "p";
        request.operation.retries = 0;
        for (const auto& fault : faults)
            ADD_FAILURE() << fault.field << " " << fault.problem;
        request.inputs = std::move(inputs);
        request.parameters = std::move(parameters);
        request.output.folder = (folder / "out").string();
        request.recorded = recorded;
        Recorder recorder;
        summary = loop.run(perform(request, recorder));
        return recorder;
    }
    awaitable<Summary> perform(const Request& request, Recorder& recorder) {
        opened = 0;
        auto opener = [this]() -> awaitable<std::shared_ptr<FileSystem>> {
            ++opened;
            co_return std::make_shared<Stubborn>(store, undeletable);
        };
        transfer::Sessions remote(co_await boost::asio::this_coro::executor, opener, 1);
        auto result = co_await execute(request, remote, nullptr, recorder);
        co_await remote.close();
        co_return result;
    }
    Input document(const std::string& content, catalog::Properties properties) {
        const auto path = folder / ("in" + std::to_string(made++));
        test::write_file(path, content);
        return {path.string(), std::move(properties)};
    }
    static Input id(const std::string& name) { return {{}, {{"ID", name}}}; }
    std::string out(const catalog::RunFile& file) {
        return test::read_file(content_path({(folder / "out").string(), true}, file));
    }
    static std::vector<std::string> outcomes(const Recorder& recorder) {
        std::vector<std::string> words;
        for (const auto& file : recorder.files)
            words.push_back(file.outcome);
        return words;
    }

    test::TemporaryFolder folder;
    test::Loop loop;
    std::shared_ptr<MemoryStore> store = std::make_shared<MemoryStore>();
    std::vector<std::string> undeletable;
    std::map<std::int64_t, catalog::RunFile> recorded;
    Summary summary;
    int made = 0, opened = 0;
};

TEST_F(Execute, each_document_succeeds_or_fails_on_its_own_in_order_over_one_session) {
    std::vector<Input> documents;
    for (const auto* name : {"a", "b", " ", "d", "e"})
        documents.push_back(document(std::string("content of ") + name, {{"File Name", name}}));
    const auto recorder = run(R"({"action":"create"})", documents);
    EXPECT_THAT(outcomes(recorder), ElementsAre("transferred", "transferred", "failed", "transferred", "transferred"));
    EXPECT_EQ(recorder.files[2].error->code, ErrorCode::invalid_argument);
    EXPECT_EQ(store->get("/e"), "content of e");
    EXPECT_EQ(summary.state(), catalog::RunState::partial);
    EXPECT_EQ(opened, 1);
}

TEST_F(Execute, create_keeps_what_is_there_unless_it_is_told_otherwise) {
    store->put("/f", "abc");
    EXPECT_EQ(run(R"({"action":"create"})", {document("def", {{"File Name", "f"}})}).files[0].error->code,
              ErrorCode::already_exists);
    EXPECT_EQ(store->get("/f"), "abc");
    run(R"({"action":"create","ifExists":"append","stagingDirectory":"/nowhere","temporaryExtension":"tmp"})",
        {document("def", {{"File Name", "f"}})});
    EXPECT_EQ(store->get("/f"), "abcdef");
    run(R"({"action":"upsert"})", {document("new", {{"File Name", "f"}})});
    EXPECT_EQ(store->get("/f"), "new");
}

TEST_F(Execute, unique_names_count_from_one_and_take_names_literally) {
    store->put("/output.txt", "");
    store->put("/output5.txt", "");
    store->put("/a+b(1).txt", "");
    const auto recorder = run(R"({"action":"create","ifExists":"rename"})",
                              {document("1", {{"File Name", "output.txt"}}), document("2", {{"File Name", "output.txt"}}),
                               document("3", {{"File Name", "a+b(1).txt"}})});
    EXPECT_EQ(recorder.files[0].properties.at("File Name"), "output1.txt");
    EXPECT_EQ(recorder.files[1].target, "/output2.txt");
    EXPECT_EQ(store->get("/a+b(1)1.txt"), "3");
}

TEST_F(Execute, somebody_elses_temporary_file_is_left_alone) {
    store->put("/f.txt.tmp", "not ours");
    run(R"({"action":"create","temporaryExtension":".tmp"})", {document("ours", {{"File Name", "f.txt"}})});
    EXPECT_EQ(store->get("/f.txt"), "ours");
    EXPECT_EQ(store->get("/f.txt.tmp"), "not ours");
}

TEST_F(Execute, missing_directories_are_named_or_made) {
    const auto missing = run(R"({"action":"create","remoteDirectory":"/x/y"})", {document("1", {{"File Name", "f"}})});
    EXPECT_THAT(missing.files[0].error->message, HasSubstr("'/x/y' does not exist"));
    store->make_directories("/x");
    const auto staging =
        run(R"({"action":"create","remoteDirectory":"/x","stagingDirectory":"stage"})", {document("1", {{"File Name", "f"}})});
    EXPECT_THAT(staging.files[0].error->message, HasSubstr("staging directory '/stage' does not exist"));
    EXPECT_FALSE(store->get("/x/f"));
    run(R"({"action":"create","remoteDirectory":"/x/y/z","createDirectories":true})", {document("1", {{"File Name", "f"}})});
    EXPECT_EQ(store->get("/x/y/z/f"), "1");
}

TEST_F(Execute, metadata_is_told_when_it_is_asked_for) {
    const auto plain = run(R"({"action":"create"})", {document("1", {{"File Name", "f"}})}).files[0].properties;
    EXPECT_EQ(plain, (boost::json::object{{"File Name", "f"}, {"Remote Directory", "/"}}));
    const auto full =
        run(R"({"action":"upsert","includeAllMetadata":true})", {document("1", {{"File Name", "f"}})}).files[0].properties;
    EXPECT_THAT(std::string(full.at("Timestamp").as_string()), ::testing::MatchesRegex("....-..-.. ..:..:..[.]..."));
}

TEST_F(Execute, getting_what_is_missing_is_an_empty_success_unless_it_is_strict) {
    store->put("/in/a", "content");
    const auto recorder =
        run(R"({"action":"get","remoteDirectory":"/in"})", {id("a"), id("none"), id(""), id("/no/such/f"), id("/in")});
    EXPECT_THAT(outcomes(recorder), ElementsAre("transferred", "absent", "failed", "failed", "failed"));
    EXPECT_EQ(out(recorder.files[0]), "content");
    EXPECT_FALSE(recorder.files[0].properties.contains("Timestamp"));
    EXPECT_EQ(recorder.files[3].error->code, ErrorCode::not_found);
    EXPECT_EQ(run(R"({"action":"get","strict":true})", {id("none")}).files[0].error->code, ErrorCode::not_found);
}

TEST_F(Execute, deleting_what_is_missing_is_an_error_unless_it_is_not_strict) {
    store->put("/a", "");
    store->make_directories("/d");
    const auto recorder = run(R"({"action":"delete"})", {id("a"), id("a"), id("d"), id("")});
    EXPECT_THAT(outcomes(recorder), ElementsAre("removed", "failed", "failed", "failed"));
    EXPECT_EQ(recorder.files[1].error->code, ErrorCode::not_found);
    EXPECT_EQ(recorder.files[2].error->code, ErrorCode::invalid_argument);
    EXPECT_THAT(outcomes(run(R"({"action":"delete","strict":false})", {id("a")})), ElementsAre("absent"));
}

TEST_F(Execute, what_was_read_is_deleted_and_what_cannot_be_deleted_is_told_or_kept_back) {
    for (const auto* name : {"/in/1", "/in/2", "/in/3"})
        store->put(name, name);
    undeletable = {"/in/2"};
    auto recorder = run(R"({"action":"query","remoteDirectory":"/in","deleteAfter":true,"failIfUnableToDelete":true,"sort":"name"})");
    EXPECT_THAT(outcomes(recorder), ElementsAre("read", "transferred", "read", "failed", "read", "transferred"));
    EXPECT_FALSE(store->get("/in/1"));
    EXPECT_TRUE(store->get("/in/2"));
    EXPECT_FALSE(std::filesystem::exists(content_path({(folder / "out").string(), true}, recorder.files[3])));
    EXPECT_EQ(out(recorder.files[5]), "/in/3");
    recorder = run(R"({"action":"query","remoteDirectory":"/in","deleteAfter":true})");
    EXPECT_THAT(outcomes(recorder), ElementsAre("read", "transferred"));
    EXPECT_THAT(recorder.files[1].warnings, ElementsAre(HasSubstr("could not be deleted")));
}

TEST_F(Execute, what_was_read_is_moved_to_a_directory_that_is_made) {
    store->put("/in/1", "x");
    run(R"({"action":"query","remoteDirectory":"/in","moveAfter":"done"})");
    EXPECT_EQ(store->get("/in/done/1"), "x");
    EXPECT_FALSE(store->get("/in/1"));
}

TEST_F(Execute, a_query_gives_files_alone_as_many_as_are_wanted) {
    for (int i = 0; i < 10; ++i)
        store->put("/in/f" + std::to_string(i), "x");
    store->put("/in/sub/deep", "y");
    store->link("/in/link", "f1");
    EXPECT_THAT(run(R"({"action":"query","remoteDirectory":"in"})").files, SizeIs(10));
    EXPECT_THAT(run(R"({"action":"query","remoteDirectory":"in","maximumCount":3})").files, SizeIs(3));
    EXPECT_THAT(run(R"({"action":"query","remoteDirectory":"in","recursive":true})").files, SizeIs(11));
    const auto followed = run(R"({"action":"query","remoteDirectory":"in","followLinks":true,
        "filter":{"and":[{"field":"fileName","operator":"wildcard","value":"li*"},{"field":"size","operator":"=","value":"1"}]}})");
    ASSERT_THAT(followed.files, SizeIs(1));
    EXPECT_EQ(followed.files[0].properties.at("File Name"), "link");
    EXPECT_EQ(out(followed.files[0]), "x");
    EXPECT_THAT(run(R"({"action":"query","remoteDirectory":"in","filter":{"or":[]}})").files, IsEmpty());
    EXPECT_EQ(summary.state(), catalog::RunState::succeeded);
    EXPECT_THROW(run(R"({"action":"query","remoteDirectory":"nowhere"})"), Error);
}

TEST_F(Execute, a_list_tells_every_kind_of_entry_in_the_order_that_is_wanted) {
    store->put("/in/b", "22", parse_rfc3339("2026-03-01T09:30:00Z"));
    store->put("/in/a", "1", parse_rfc3339("2023-01-01T00:00:00Z"));
    store->make_directories("/in/d");
    store->link("/in/l", "a");
    const auto recorder = run(R"({"action":"list","remoteDirectory":"/in","sort":"name"})");
    ASSERT_THAT(recorder.entries, SizeIs(4));
    const auto first = entry_document(recorder.entries[0], "Europe/Istanbul");
    EXPECT_EQ(first.at("fileName"), "a");
    EXPECT_EQ(first.at("fileType"), "regular_file");
    EXPECT_TRUE(first.at("linkPath").is_null());
    EXPECT_EQ(first.at("remoteDirectory"), "/in");
    EXPECT_EQ(first.at("timestamp"), "2023-01-01 03:00:00.000");
    EXPECT_EQ(entry_document(recorder.entries[3], "UTC").at("linkPath"), "a");
    EXPECT_THAT(run(R"({"action":"list","remoteDirectory":"/in","filter":{"field":"fileType","operator":"=","value":"directory"}})").entries,
                SizeIs(1));
    EXPECT_EQ(run(R"({"action":"list","remoteDirectory":"/in","sort":"time-desc","maximumCount":1,
        "filter":{"field":"fileType","operator":"=","value":"regular_file"}})").entries[0].name, "b");
}

TEST_F(Execute, move_renames_or_says_why_not) {
    store->put("/a", "a");
    store->put("/b", "b");
    store->make_directories("/done");
    const auto to = [](const std::string& name, const std::string& target) {
        return Input{{}, {{"ID", name}, {"targetName", target}}};
    };
    auto recorder = run(R"({"action":"move"})", {to("a", "b"), to("none", "c"), to("a", "/done/x")});
    EXPECT_THAT(outcomes(recorder), ElementsAre("failed", "failed", "moved"));
    EXPECT_EQ(recorder.files[0].error->code, ErrorCode::already_exists);
    EXPECT_EQ(store->get("/done/x"), "a");
    recorder = run(R"({"action":"move","ifExists":"overwrite"})", {to("b", "/done/x")});
    EXPECT_EQ(store->get("/done/x"), "b");
    store->put("/c", "c");
    EXPECT_EQ(run(R"({"action":"move","ifExists":"rename"})", {to("c", "/done/x")}).files[0].target, "/done/x1");
}

TEST_F(Execute, what_an_earlier_attempt_recorded_is_not_done_again) {
    store->put("/in/1", "one");
    store->put("/in/2", "two");
    auto first = run(R"({"action":"query","remoteDirectory":"/in","sort":"name"})").files;
    first[1].outcome = kRead;  // its process died before it deleted the source
    recorded = {{0, first[0]}, {1, first[1]}};
    store->put("/in/3", "three");
    const auto again = run(R"({"action":"query","remoteDirectory":"/in","deleteAfter":true,"sort":"name"})");
    EXPECT_TRUE(store->get("/in/1"));
    EXPECT_FALSE(store->get("/in/2"));
    EXPECT_THAT(outcomes(again), ElementsAre("transferred", "read", "transferred"));
    EXPECT_EQ(again.files[2].number, 2);
    catalog::RunFile failed;
    failed.error = Error(ErrorCode::timeout, "late");
    recorded = {{0, failed}};
    run(R"({"action":"upsert"})", {document("x", {{"File Name", "f"}})});
    EXPECT_EQ(store->get("/f"), "x");
    EXPECT_EQ(summary.succeeded, 1u);
}

}  // namespace
}  // namespace fairlead::operation
