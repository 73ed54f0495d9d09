// Files and sessions over HTTP, with curl, on real servers.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <filesystem>
#include <fstream>

#include "api/v1/files.hpp"
#include "base/base64.hpp"
#include "base/digest.hpp"
#include "http/server.hpp"
#include "service/workspace_pool.hpp"
#include "support/cli.hpp"
#include "support/connect.hpp"
#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Role = http::Principal::Role;

/// The server's user may do with it what it likes, whoever made it.
void place_file(const fs::path& path, std::string_view content) {
    write_file(path, content);
    fs::permissions(path, fs::perms::all);
}
void place_folder(const fs::path& path) {
    if (fs::exists(path)) return;
    place_folder(path.parent_path());
    fs::create_directory(path);
    fs::permissions(path, fs::perms::all);
}

/// The services and routes of files, over a data directory.
class Daemon {
  public:
    explicit Daemon(const std::string& data) : workspaces_(data), files_(workspaces_) {
        http::ServerOptions options;
        options.port = 0;
        http::Router router;
        router.add(files_.routes());
        const http::Authenticate who =
            [](const http::Request& request) -> awaitable<std::optional<http::Principal>> {
            const auto token = request.header("authorization").value_or("").substr(7);
            std::optional<http::Principal> found;
            if (token == "admin") found = http::Principal{"admin", Role::admin, {}};
            if (token == "anna" || token == "ben") found = http::Principal{token, Role::operator_, {}};
            if (token == "viewer") found = http::Principal{"viewer", Role::viewer, {"default"}};
            co_return found;
        };
        server_.emplace(options, std::move(router), who, http::Log{});
    }
    std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->port()); }

  private:
    service::WorkspacePool workspaces_;
    api::Files files_;
    std::optional<http::Server> server_;
};

struct Answer {
    int status = 0;
    std::string headers, body;
    json::object document() const { return json::parse(body).as_object(); }
    std::string header(const std::string& name) const {
        const auto at = headers.find("\n" + name + ": ");
        if (at == std::string::npos) return "";
        const auto begin = at + name.size() + 3;
        return headers.substr(begin, headers.find('\r', begin) - begin);
    }
};

std::string sha256(std::string_view text) {
    Digest digest(ChecksumAlgorithm::sha256);
    digest.add(std::as_bytes(std::span(text)));
    return digest.finish();
}

class RestFilesBase {
  protected:
    explicit RestFilesBase(Server& server) : server_(server) {
        static int count = 0;
        folder_ = "rest" + std::to_string(++count);
        connect(cli_, "partner", server_);
        place_folder(root());
        daemon_.emplace(cli_.data().string());
    }
    fs::path root() const { return server_.root() / folder_; }

    Answer call(std::vector<std::string> arguments, const std::string& path,
                const std::string& token = "anna", ProcessOptions options = {}) {
        const auto headers = (cli_.folder() / "headers").string(), body = (cli_.folder() / "body").string();
        fs::remove(headers);
        fs::remove(body);
        std::vector<std::string> all{"curl", "-sS",          "--max-time", "60",
                                     "-D",   headers,        "-o",         body,
                                     "-w",   "%{http_code}", "-H",         "Authorization: Bearer " + token};
        all.insert(all.end(), arguments.begin(), arguments.end());
        all.push_back(daemon_->url() + path);
        const auto done = run_process(all, options);
        Answer answer;
        last_exit_ = done.status;
        answer.status = done.output.empty() ? 0 : std::stoi(done.output);
        if (fs::exists(headers)) answer.headers = read_file(headers);
        if (fs::exists(body)) answer.body = read_file(body);
        return answer;
    }
    /// Below the connection; `what` such as "content?path=/a".
    Answer files(std::vector<std::string> arguments, const std::string& what,
                 const std::string& token = "anna", ProcessOptions options = {}) {
        return call(std::move(arguments), "/v1/projects/default/connections/partner/" + what, token, options);
    }
    std::string path(const std::string& name) const { return "path=/" + folder_ + "/" + name; }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& entry : fs::directory_iterator(root()))
            all.push_back(entry.path().filename().string());
        std::ranges::sort(all);
        return all;
    }

    Server& server_;
    Cli cli_;
    std::string folder_;
    std::optional<Daemon> daemon_;
    int last_exit_ = 0;
};

class RestFilesTest : public RestFilesBase, public ::testing::TestWithParam<const char*> {
  protected:
    RestFilesTest() : RestFilesBase(Server::shared(GetParam())) {}
};

TEST_P(RestFilesTest, lists_in_pages_filtered_and_sorted) {
    for (const auto* name : {"a.csv", "b.csv", "c.txt", "d.csv"})
        place_file(root() / name, std::string(name).substr(0, 1) == "b" ? "22" : "1");
    place_folder(root() / "sub");
    place_file(root() / "sub/e.csv", "333");
    auto answer = files({}, "entries?" + path("") + "&pattern=*.csv&sort=-size,name&recursive=true&limit=3");
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto names_of = [](const json::object& page) {
        std::vector<std::string> all;
        for (const auto& entry : page.at("entries").as_array())
            all.emplace_back(entry.at("name").as_string());
        return all;
    };
    auto page = answer.document();
    EXPECT_THAT(names_of(page), ElementsAre("e.csv", "b.csv", "a.csv"));
    answer =
        files({}, "entries?" + path("") + "&pattern=*.csv&sort=-size,name&recursive=true&limit=3&cursor=" +
                      std::string(page.at("next").as_string()));
    page = answer.document();
    EXPECT_THAT(names_of(page), ElementsAre("d.csv"));
    EXPECT_TRUE(page.at("next").is_null());
    EXPECT_EQ(files({}, "entries?path=/missing").status, 404);
    EXPECT_EQ(files({}, "entries?" + path("") + "&limit=0").status, 400);
    EXPECT_EQ(files({}, "entries?" + path("") + "&regex=(").status, 400);
    EXPECT_EQ(files({}, "entries?path=/../x").status, 403);
    EXPECT_EQ(files({}, "entries?" + path(""), "nobody").status, 401);
}

TEST_P(RestFilesTest, changes_entries_and_directories) {
    EXPECT_EQ(files({"-X", "PUT"}, "directory?" + path("x/y")).status, 404);
    EXPECT_EQ(files({"-X", "PUT"}, "directory?" + path("x/y") + "&parents=true").status, 201);
    EXPECT_EQ(files({"-X", "PUT"}, "directory?" + path("x/y") + "&parents=true").status, 200);
    EXPECT_EQ(files({"-X", "PUT"}, "directory?" + path("x")).status, 409);
    EXPECT_EQ(files({"-X", "PUT", "-d", "abc"}, "content?" + path("x/a")).status, 201);  // as the server's user
    auto answer = files({}, "entry?" + path("x/a"));
    EXPECT_EQ(answer.document().at("size").as_int64(), 3);
    answer = files({"-X", "PATCH", "-d", R"({"name": "b"})"}, "entry?" + path("x/a"));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(fs::exists(root() / "x/b"));
    answer = files({"-X", "PATCH", "-d", R"({"path": "/)" + folder_ + R"(/c", "mode": "600"})"},
                   "entry?" + path("x/b"));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_TRUE(fs::exists(root() / "c"));
    EXPECT_EQ(files({"-X", "PATCH", "-d", R"({"colour": "red"})"}, "entry?" + path("c")).status, 400);
    EXPECT_EQ(files({"-X", "DELETE"}, "entry?" + path("x")).status, 409);
    EXPECT_EQ(files({"-X", "DELETE"}, "entry?" + path("x"), "viewer").status, 403);
    EXPECT_EQ(files({"-X", "DELETE"}, "entry?" + path("x") + "&recursive=true").status, 200);
    EXPECT_EQ(files({"-X", "DELETE"}, "entry?" + path("x")).status, 404);
    EXPECT_THAT(names(), ElementsAre("c"));
}

TEST_P(RestFilesTest, gives_content_whole_in_ranges_and_on_conditions) {
    const auto content = noise(3'000'000);
    place_file(root() / "a.bin", content);
    const auto whole = files({}, "content?" + path("a.bin"));
    EXPECT_EQ(whole.status, 200);
    EXPECT_EQ(whole.body, content);
    EXPECT_EQ(whole.header("Content-Length"), std::to_string(content.size()));
    const auto etag = whole.header("ETag");
    ASSERT_FALSE(etag.empty());
    auto part = files({"-r", "1000000-1000999"}, "content?" + path("a.bin"));
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, content.substr(1'000'000, 1000));
    EXPECT_EQ(part.header("Content-Range"), "bytes 1000000-1000999/3000000");
    part = files({"-r", "-10", "-H", "If-Range: " + etag}, "content?" + path("a.bin"));
    EXPECT_EQ(part.status, 206);
    EXPECT_EQ(part.body, content.substr(content.size() - 10));
    EXPECT_EQ(files({"-r", "0-9", "-H", "If-Range: \"other\""}, "content?" + path("a.bin")).status, 200);
    EXPECT_EQ(files({"-r", "3000000-"}, "content?" + path("a.bin")).status, 416);
    EXPECT_EQ(files({"-H", "If-None-Match: " + etag}, "content?" + path("a.bin")).status, 304);
    EXPECT_EQ(files({"-H", "If-Match: \"other\""}, "content?" + path("a.bin")).status, 412);
    const auto head = files({"-I"}, "content?" + path("a.bin"));
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.header("Content-Length"), std::to_string(content.size()));
    EXPECT_EQ(files({}, "content?" + path("missing")).status, 404);
    place_file(root() / "empty", "");
    const auto empty = files({}, "content?" + path("empty"));
    EXPECT_EQ(empty.status, 200);
    EXPECT_EQ(empty.body, "");
}

TEST_P(RestFilesTest, says_why_a_content_cannot_be_read) {
    place_file(root() / "locked", noise(100'000));
    fs::permissions(root() / "locked", fs::perms::none);
    const auto refused = files({}, "content?" + path("locked"));
    EXPECT_EQ(refused.status, 502) << refused.headers;
    EXPECT_EQ(refused.document().at("code"), "permission_denied") << refused.body;
    EXPECT_EQ(files({"-I"}, "content?" + path("locked")).header("Content-Length"), "100000");
    place_file(root() / "empty", "");
    const auto empty = files({}, "content?" + path("empty"));
    EXPECT_EQ(empty.status, 200);
    EXPECT_EQ(empty.header("Content-Length"), "0");
}

TEST_P(RestFilesTest, lists_where_links_lead) {
    place_file(root() / "there", "x");
    fs::create_symlink("there", root() / "link");
    const auto page = files({}, "entries?" + path("") + "&sort=name").document();
    const auto& entries = page.at("entries").as_array();
    ASSERT_EQ(entries.size(), 2U);
    EXPECT_EQ(entries.at(0).at("target"), "there") << page;
    EXPECT_TRUE(entries.at(1).at("target").is_null());
}

TEST_P(RestFilesTest, puts_content_under_its_name_only_when_it_is_proven) {
    const auto content = noise(2'000'000);
    const auto file = (cli_.folder() / "source").string();
    write_file(file, content);
    auto answer =
        files({"-T", file, "-H", "Expect: 100-continue"}, "content?" + path("a.bin") + "&checksum=true");
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_THAT(answer.headers, HasSubstr("100 Continue"));
    EXPECT_EQ(read_file(root() / "a.bin"), content);
    EXPECT_EQ(answer.document().at("proof").as_string(), "checksum");
    const auto etag = answer.header("ETag");
    EXPECT_EQ(files({"-I"}, "content?" + path("a.bin")).header("ETag"), etag);
    // Over the old one; in chunks; with a digest that is right and one that is wrong.
    answer = files({"-T", "-"}, "content?" + path("a.bin"), "anna", {.input = "new"});
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(read_file(root() / "a.bin"), "new");
    std::string hex = sha256("newer"), bytes;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    const auto digest = "Content-Digest: sha-256=:" + to_base64(bytes) + ":";
    answer = files({"-X", "PUT", "-d", "newer", "-H", digest}, "content?" + path("a.bin"));
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.header("Repr-Digest"), digest.substr(16));
    answer = files({"-X", "PUT", "-d", "forged", "-H", digest}, "content?" + path("a.bin"));
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_EQ(read_file(root() / "a.bin"), "newer");
    EXPECT_THAT(names(), ElementsAre("a.bin"));
}

TEST_P(RestFilesTest, decides_about_existing_files_before_the_content_is_sent) {
    place_file(root() / "a", "old");
    const auto large = (cli_.folder() / "large").string();
    write_file(large, noise(5'000'000));
    auto answer =
        files({"-T", large, "-H", "Expect: 100-continue"}, "content?" + path("a") + "&ifExists=fail");
    EXPECT_EQ(answer.status, 409) << answer.body;
    EXPECT_THAT(answer.headers, Not(HasSubstr("100 Continue")));
    answer = files({"-T", large, "-H", "Expect:"}, "content?" + path("a") + "&ifExists=fail");
    EXPECT_EQ(answer.status, 409) << answer.body;
    EXPECT_EQ(files({"-X", "PUT", "-d", "x", "-H", "If-None-Match: *"}, "content?" + path("a")).status, 412);
    EXPECT_EQ(files({"-X", "PUT", "-d", "x", "-H", "If-Match: \"other\""}, "content?" + path("a")).status,
              412);
    answer = files({"-X", "PUT", "-d", "x"}, "content?" + path("a") + "&ifExists=skip");
    EXPECT_EQ(answer.document().at("outcome").as_string(), "skipped");
    answer = files({"-X", "PUT", "-d", "x"}, "content?" + path("a") + "&ifExists=rename");
    EXPECT_EQ(answer.document().at("target").as_string(), "/" + folder_ + "/a1");
    EXPECT_EQ(answer.status, 201);
    answer = files({"-X", "PUT", "-d", "+more"}, "content?" + path("a") + "&append=true");
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(read_file(root() / "a"), "old+more");
    answer =
        files({"-X", "PUT", "-d", "x"},
              "content?" + path("new/b") + "&parents=true&stagingDirectory=staging&temporaryExtension=part");
    EXPECT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(read_file(root() / "new/b"), "x");
    EXPECT_EQ(files({"-X", "PUT", "-d", "x"}, "content?" + path("a") + "&ifExists=perhaps").status, 400);
    EXPECT_EQ(files({"-X", "PUT", "-d", "x"}, "content?" + path("a"), "viewer").status, 403);
}

TEST_P(RestFilesTest, leaves_nothing_torn_when_the_client_goes_away) {
    place_file(root() / "a", "old");
    const auto large = (cli_.folder() / "large").string();
    write_file(large, noise(20'000'000));
    // Slow enough to be cut in the middle.
    (void)files({"-T", large, "--limit-rate", "4M", "--max-time", "1"}, "content?" + path("a"));
    EXPECT_EQ(last_exit_, 28);
    for (int i = 0; i < 200 && names().size() > 1; ++i)
        (void)run_process({"sleep", "0.05"});  // until the other side has tidied up
    EXPECT_THAT(names(), ElementsAre("a"));
    EXPECT_EQ(read_file(root() / "a"), "old");
    fs::copy_file(large, root() / "large");
    (void)files({"--limit-rate", "1M", "--max-time", "1"}, "content?" + path("large"));
    EXPECT_EQ(last_exit_, 28);
    EXPECT_EQ(files({}, "entry?" + path("a")).status, 200);  // and everybody else goes on
}

TEST_P(RestFilesTest, shows_the_first_rows_of_a_table) {
    place_file(root() / "p.csv", "Id;Name\n1;Anna\n2;Ben\n");
    const auto answer = files({}, "preview?" + path("p.csv") + "&rows=1");
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto found = answer.document();
    EXPECT_EQ(found.at("delimiter").as_string(), ";");
    EXPECT_TRUE(found.at("header").as_bool());
    EXPECT_EQ(found.at("rows").as_array().size(), 1u);
    EXPECT_FALSE(found.at("complete").as_bool());
    EXPECT_EQ(files({}, "preview?" + path("p.csv") + "&rows=x").status, 400);
}

TEST_P(RestFilesTest, keeps_sessions_for_their_owner) {
    place_file(root() / "a", "abc");
    auto opened =
        call({"-d", R"({"connection": "partner", "directory": "/)" + folder_ + "\"}"}, "/v1/sessions");
    ASSERT_EQ(opened.status, 201) << opened.body;
    const auto handle = std::string(opened.document().at("handle").as_string());
    const auto session = "/v1/sessions/" + handle;
    EXPECT_EQ(opened.header("Location"), session);
    EXPECT_EQ(call({}, session + "/content?path=a").body, "abc");
    EXPECT_EQ(call({"-X", "PUT", "-d", "new"}, session + "/content?path=b").status, 201);
    EXPECT_EQ(read_file(root() / "b"), "new");
    EXPECT_EQ(call({"-X", "PUT"}, session + "/directory?path=sub").status, 201);
    EXPECT_EQ(call({"-X", "PATCH", "-d", R"({"directory": "sub"})"}, session)
                  .document()
                  .at("directory")
                  .as_string(),
              "/" + folder_ + "/sub");
    EXPECT_EQ(call({"-X", "PATCH", "-d", R"({"directory": "missing"})"}, session).status, 404);
    const auto info = call({}, session).document();
    EXPECT_EQ(info.at("directory").as_string(), "/" + folder_ + "/sub");
    EXPECT_EQ(info.at("lastError").at("code").as_string(), "not_found");
    EXPECT_EQ(call({}, session + "/entries").document().at("entries").as_array().size(), 0u);
    EXPECT_TRUE(call({}, session + "/exists?path=../a").document().at("file").as_bool());
    EXPECT_FALSE(call({}, session + "/exists?path=../x").document().at("exists").as_bool());
    const auto command = call({"-d", R"({"command": "NOOP", "validCodes": "200"})"}, session + "/command");
    EXPECT_EQ(command.status, GetParam() == std::string("openssh") ? 501 : 200) << command.body;
    EXPECT_EQ(call({}, session, "ben").status, 404);
    EXPECT_EQ(call({}, session, "admin").status, 200);
    EXPECT_THAT(call({}, "/v1/sessions", "ben").body, Not(HasSubstr(handle)));
    EXPECT_EQ(call({"-X", "DELETE"}, session).status, 204);
    EXPECT_EQ(call({"-X", "DELETE"}, session).status, 404);
    EXPECT_EQ(call({}, session + "/entries").status, 404);
}

INSTANTIATE_TEST_SUITE_P(Servers, RestFilesTest, ::testing::Values("vsftpd", "openssh"));

TEST(RestSessions, are_opened_inline_and_never_tell_a_password) {
    ScriptedFtp server;
    server.file("/a", "x");
    Cli cli;
    Daemon daemon((cli.folder() / "data").string());
    const auto curl = [&](std::vector<std::string> arguments, const std::string& path) {
        std::vector<std::string> all{"curl", "-sS", "-H", "Authorization: Bearer anna"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        all.push_back(daemon.url() + path);
        return run_process(all).output;
    };
    const auto endpoint = server.endpoint();
    const auto where = R"("host": "127.0.0.1", "port": )" + std::to_string(endpoint.port) +
                       R"(, "username": ")" + endpoint.username + R"(", "timeout": 5)";
    const auto opened =
        curl({"-d", "{" + where + R"(, "password": "s3cret-x", "active": true})"}, "/v1/sessions");
    EXPECT_THAT(opened, HasSubstr("\"handle\""));
    EXPECT_THAT(opened, Not(HasSubstr("s3cret-x")));
    const auto handle = std::string(json::parse(opened).at("handle").as_string());
    EXPECT_THAT(curl({}, "/v1/sessions/" + handle + "/entries"), HasSubstr("\"name\":\"a\""));
    EXPECT_GT(server.count("EPRT") + server.count("PORT"), 0u);
    EXPECT_THAT(curl({"-d", "{" + where + R"(, "password": 17})"}, "/v1/sessions"),
                HasSubstr("invalid_argument"));
    EXPECT_THAT(curl({"-d", R"({"connection": "x", "host": "y"})"}, "/v1/sessions"),
                HasSubstr("invalid_argument"));
    EXPECT_THAT(curl({"-d", "{" + where + R"(, "idleSeconds": 0})"}, "/v1/sessions"),
                HasSubstr("idleSeconds"));
}

}  // namespace
}  // namespace fairlead::test
