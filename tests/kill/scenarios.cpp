#include "kill/scenarios.hpp"

namespace fairlead::test {
namespace {

constexpr const char* kFtp = "vsftpd";
constexpr const char* kSftp = "openssh";
constexpr const char* kNoReplace = "openssh no-replace";  // its rename never replaces
constexpr const char* kLocal = "local";

constexpr std::size_t kLarge = 3'000'000;   // so that there is a middle
constexpr std::size_t kPiped = 10'000'000;  // so that it goes through pipes
constexpr std::size_t kSmall = 3'000;

std::string large() {
    static const auto content = noise(kLarge, 7);
    return content;
}

const std::string kOld = "what was there before";

/// One file over another, which is what most of them are.
Scenario one_file(std::string name, std::string from, std::string to, std::vector<std::string> words) {
    Scenario it;
    it.name = std::move(name);
    it.from = std::move(from);
    it.to = std::move(to);
    it.words = std::move(words);
    it.source = "source.bin";
    it.target = "target.bin";
    it.sources = it.left = {{"source.bin", large()}};
    it.before = {{"target.bin", kOld}};
    it.after = {{"target.bin", large()}};
    return it;
}

Scenario appending(std::string name, std::string from, std::string to, std::string verb) {
    auto it =
        one_file(std::move(name), std::move(from), std::move(to), {std::move(verb), "--if-exists", "append"});
    it.after = {{"target.bin", kOld + large()}};
    it.appends = true;
    return it;
}

Scenario numbering(std::string name, std::string from, std::string to, std::string verb) {
    auto it =
        one_file(std::move(name), std::move(from), std::move(to), {std::move(verb), "--if-exists", "rename"});
    it.after = {{"target.bin", kOld}, {"target1.bin", large()}};
    return it;
}

Scenario vanishing(std::string name, std::string from, std::string to, std::string verb) {
    auto it = one_file(std::move(name), std::move(from), std::move(to), {std::move(verb), "--delete-after"});
    it.left = {};
    return it;
}

Scenario tree(std::string name, std::string from, std::string to, std::vector<std::string> words) {
    Scenario it;
    it.name = std::move(name);
    it.from = std::move(from);
    it.to = std::move(to);
    it.words = std::move(words);
    it.source = "tree";
    it.target = "";  // into the folder, which is there
    for (unsigned i = 0; i < 6; ++i) {
        const auto path = "tree/" + std::string(i % 2 == 0 ? "" : "below/") + std::to_string(i);
        it.sources[path] = noise(kSmall, i + 1);
    }
    it.before = {{"tree/0", kOld}};
    it.left = it.after = it.sources;
    return it;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Scenario& scenario) {
    return out << scenario.name;
}

std::vector<Scenario> scenarios() {
    std::vector<Scenario> all{
        one_file("get_ftp", kFtp, kLocal, {"get"}),
        one_file("put_ftp", kLocal, kFtp, {"put"}),
        one_file("get_sftp", kSftp, kLocal, {"get"}),
        one_file("put_sftp", kLocal, kSftp, {"put"}),
        one_file("cp_ftp_to_sftp", kFtp, kSftp, {"cp"}),
        one_file("cp_local", kLocal, kLocal, {"cp"}),
        vanishing("get_ftp_delete", kFtp, kLocal, "get"),
        vanishing("put_sftp_delete", kLocal, kSftp, "put"),
        appending("get_sftp_append", kSftp, kLocal, "get"),
        appending("put_ftp_append", kLocal, kFtp, "put"),
        appending("put_sftp_append", kLocal, kSftp, "put"),
        numbering("get_ftp_rename", kFtp, kLocal, "get"),
        numbering("put_sftp_rename", kLocal, kSftp, "put"),
        one_file("get_sftp_checked", kSftp, kLocal, {"get", "--checksum", "--preserve"}),
        one_file("put_ftp_checked", kLocal, kFtp, {"put", "--checksum"}),
        tree("get_ftp_tree", kFtp, kLocal, {"get", "-r", "-P", "3"}),
        tree("put_ftp_tree", kLocal, kFtp, {"put", "-r", "-P", "3"}),
        tree("get_sftp_tree", kSftp, kLocal, {"get", "-r"}),
        tree("put_sftp_tree", kLocal, kSftp, {"put", "-r"}),
    };
    auto exchange = one_file("put_sftp_exchange", kLocal, kNoReplace, {"put"});
    exchange.moves_aside = true;
    all.push_back(exchange);

    auto archive = one_file("get_ftp_move", kFtp, kLocal, {"get", "--move-after", "done"});
    archive.left = {{"done/source.bin", large()}};
    all.push_back(archive);

    auto piped = one_file("get_ftp_large", kFtp, kLocal, {"get"});
    piped.sources["source.bin"] = piped.left["source.bin"] = piped.after["target.bin"] = noise(kPiped, 9);
    all.push_back(piped);

    all.push_back(one_file("put_ftp_named", kLocal, kFtp, {"put", "--temporary-extension", "part"}));
    all.push_back(one_file("put_sftp_staged", kLocal, kSftp, {"put", "--staging-directory", "staging"}));

    auto large = tree("get_ftp_large_tree", kFtp, kLocal, {"get", "-r", "-P", "3"});
    for (auto& [path, content] : large.sources)
        content = noise(kLarge / 2, static_cast<unsigned>(path.back()));
    large.left = large.after = large.sources;
    all.push_back(large);

    auto emptied = tree("get_sftp_tree_delete", kSftp, kLocal, {"get", "-r", "--delete-after"});
    emptied.left = {};
    all.push_back(emptied);
    return all;
}

}  // namespace fairlead::test
