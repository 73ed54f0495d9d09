// What the scripted FTP server does where a test says nothing else: RFC 959, 2228, 2389, 2428, 3659 and 4217
// to the letter, over files in memory.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>

#include "support/scripted_ftp.hpp"

namespace fairlead::test {
namespace {

constexpr std::string_view kModified = "20260102030405";

std::string absolute(const std::string& directory, const std::string& path) {
    auto full = path.starts_with('/') ? path : directory == "/" ? "/" + path : directory + "/" + path;
    while (full.size() > 1 && full.back() == '/')
        full.pop_back();
    return full;
}
std::string parent_of(const std::string& path) {
    return path.substr(0, std::max<std::size_t>(path.rfind('/'), 1));
}
std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

std::uint64_t number(std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

std::string facts(const std::string* content) {
    return content != nullptr ? fmt::format("type=file;size={};modify={};", content->size(), kModified)
                              : fmt::format("type=dir;modify={};", kModified);
}

std::string unix_line(const std::string& name, const std::string* content) {
    return fmt::format("{} 1 tester testers {:>10} Jan  2  2026 {}\r\n",
                       content != nullptr ? "-rw-r--r--" : "drwxr-xr-x",
                       content != nullptr ? content->size() : 4096, name);
}

}  // namespace

PeerSocket FtpConversation::open_data() {
    auto data = passive ? passive->accept() : connect_to_client(active_port);
    passive.reset();
    if (protect_data) {
        data.start_tls(*server.identity_);
        if (data.resumed()) ++server.resumed_;
    }
    return data;
}

void FtpConversation::behave(const std::string& verb, const std::string& argument) {
    const auto path = absolute(directory, argument);
    std::unique_lock lock(server.mutex_);
    const auto file = server.files_.find(path);
    const bool is_file = file != server.files_.end();
    const bool is_folder = server.folders_.contains(path);
    const auto send_data = [&](const std::string& bytes) {
        lock.unlock();
        reply("150 here it comes");
        auto data = open_data();
        data.write(bytes);
        data.close();
        reply("226 done");
    };
    const auto receive_data = [&](bool append) {
        const auto offset = std::exchange(restart, 0);
        if (!server.folders_.contains(parent_of(path))) return reply("550 no such directory");
        lock.unlock();
        reply("150 send it");
        auto data = open_data();
        const auto bytes = data.read_all();
        data.close();
        lock.lock();
        auto& content = server.files_[path];
        content = append ? content + bytes : content.substr(0, offset) + bytes;
        lock.unlock();
        reply("226 stored");
    };
    const auto list = [&](auto&& line_of) {
        std::string text;
        if (is_file) text += line_of(name_of(path), &file->second);
        for (const auto& folder : server.folders_)
            if (folder != "/" && folder != path && parent_of(folder) == path)
                text += line_of(name_of(folder), nullptr);
        for (const auto& [name, content] : server.files_)
            if (name != path && parent_of(name) == path) text += line_of(name_of(name), &content);
        return text;
    };

    if (verb == "USER") return reply("331 password please");
    if (verb == "PASS") return reply("230 welcome");
    if (verb == "ACCT") return reply("230 welcome");
    if (verb == "SYST") return reply("215 UNIX Type: L8");
    if (verb == "NOOP") return reply("200 here");
    if (verb == "TYPE" || verb == "MODE" || verb == "STRU" || verb == "ALLO" || verb == "OPTS")
        return reply("200 fine");
    if (verb == "PBSZ") return reply("200 PBSZ=0");
    if (verb == "PROT") {
        protect_data = argument == "P";
        return reply("200 fine");
    }
    if (verb == "AUTH" && server.tls_ == ScriptedFtp::Tls::explicit_) {
        lock.unlock();
        reply("234 go on");
        return control.start_tls(*server.identity_);
    }
    if (verb == "FEAT") {
        reply("211-Features:");
        for (const auto& feature : server.features)
            reply(" " + feature);
        return reply("211 End");
    }
    if (verb == "PWD") return reply(fmt::format("257 \"{}\" is it", directory));
    if (verb == "CWD" || verb == "CDUP") {
        const auto wanted = verb == "CDUP" ? parent_of(directory) : path;
        if (!server.folders_.contains(wanted)) return reply("550 no such directory");
        directory = wanted;
        return reply("250 fine");
    }
    if (verb == "EPSV" || verb == "PASV") {
        passive = std::make_unique<PeerListener>();
        const auto port = passive->port();
        return reply(verb == "EPSV"
                         ? fmt::format("229 Entering Extended Passive Mode (|||{}|)", port)
                         : fmt::format("227 Entering Passive Mode (127,0,0,1,{},{})", port >> 8, port & 255));
    }
    if (verb == "EPRT") {
        active_port =
            static_cast<std::uint16_t>(number(argument.substr(argument.rfind('|', argument.size() - 2) + 1)));
        passive.reset();
        return reply("200 fine");
    }
    if (verb == "PORT") {
        std::array<unsigned, 6> n{};
        std::sscanf(argument.c_str(), "%u,%u,%u,%u,%u,%u", &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]);
        active_port = static_cast<std::uint16_t>(n[4] << 8 | n[5]);
        passive.reset();
        return reply("200 fine");
    }
    if (verb == "REST") {
        restart = number(argument);
        return reply("350 from there");
    }
    if (verb == "RETR") {
        const auto from = std::exchange(restart, 0);
        if (!is_file) return reply("550 no such file");
        return send_data(file->second.substr(std::min<std::size_t>(from, file->second.size())));
    }
    if (verb == "STOR") return receive_data(false);
    if (verb == "APPE") return receive_data(true);
    if (verb == "SIZE")
        return reply(is_file ? fmt::format("213 {}", file->second.size()) : "550 no such file");
    if (verb == "MDTM") return reply(is_file ? fmt::format("213 {}", kModified) : "550 no such file");
    if (verb == "MFMT") return reply("213 Modify=" + argument);
    if (verb == "MLST") {
        if (!is_file && !is_folder) return reply("550 no such file or directory");
        reply("250-Facts:");
        reply(" " + facts(is_file ? &file->second : nullptr) + " " + path);
        return reply("250 End");
    }
    if (verb == "MLSD") {
        if (!is_folder) return reply(is_file ? "501 not a directory" : "550 no such directory");
        return send_data(list([](const std::string& name, const std::string* content) {
            return facts(content) + " " + name + "\r\n";
        }));
    }
    if (verb == "LIST" || verb == "NLST") {
        if (!argument.empty() && argument.front() == '-') {
            lock.unlock();
            const auto space = argument.find(' ');
            return behave(verb, space == std::string::npos ? "" : argument.substr(space + 1));
        }
        if (!is_folder && !is_file) return reply("550 no such directory");
        const bool names_only = verb == "NLST";
        return send_data(list([&](const std::string& name, const std::string* content) {
            return names_only ? name + "\r\n" : unix_line(name, content);
        }));
    }
    if (verb == "DELE") {
        if (!is_file) return reply("550 no such file");
        server.files_.erase(file);
        return reply("250 gone");
    }
    if (verb == "RNFR") {
        rename_from = path;
        return reply(is_file || is_folder ? "350 to where" : "550 no such file");
    }
    if (verb == "RNTO") {
        const auto from = server.files_.find(rename_from);
        if (from == server.files_.end()) return reply("550 no such file");
        if (!server.folders_.contains(parent_of(path))) return reply("550 no such directory");
        auto content = std::move(from->second);
        server.files_.erase(from);
        server.files_[path] = std::move(content);
        return reply("250 renamed");
    }
    if (verb == "MKD") {
        if (is_file || is_folder) return reply("550 it exists");
        if (!server.folders_.contains(parent_of(path))) return reply("550 no such directory");
        server.folders_.insert(path);
        return reply(fmt::format("257 \"{}\" made", path));
    }
    if (verb == "RMD") {
        if (!is_folder) return reply("550 no such directory");
        if (!list([](const std::string&, const std::string*) { return std::string("x"); }).empty())
            return reply("550 not empty");
        server.folders_.erase(path);
        return reply("250 gone");
    }
    if (verb == "QUIT") {
        over = true;
        return reply("221 good-bye");
    }
    reply("502 unknown command");
}

}  // namespace fairlead::test
