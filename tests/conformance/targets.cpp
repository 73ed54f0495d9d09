#include "conformance/target.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <stdexcept>

#include "fairlead/open.hpp"
#include "remote/jail_file_system.hpp"
#include "remote/memory_file_system.hpp"
#include "support/server.hpp"
#include "support/temporary_folder.hpp"

namespace fairlead::test {
namespace {

class MemoryFarSide final : public FarSide {
  public:
    void put(std::string_view path, std::string_view content) override { store_->put(path, content); }
    void make_directory(std::string_view path) override { store_->make_directories(path); }
    void link(std::string_view path, std::string_view target) override { store_->link(path, target); }
    std::optional<std::string> get(std::string_view path) const override { return store_->get(path); }
    bool make_read_only(std::string_view) override { return false; }
    awaitable<std::unique_ptr<FileSystem>> open() override {
        co_return std::make_unique<MemoryFileSystem>(store_);
    }
    awaitable<std::unique_ptr<FileSystem>> open_below(std::string_view directory) override {
        co_return confine_to(std::make_unique<MemoryFileSystem>(store_), directory);
    }

  private:
    std::shared_ptr<MemoryStore> store_ = std::make_shared<MemoryStore>();
};

/// A folder on this machine's disk, owned by whoever the server runs as.
class DiskFarSide : public FarSide {
  public:
    explicit DiskFarSide(std::filesystem::path root) : root_(std::move(root)) {
        for (const auto& entry : std::filesystem::directory_iterator(root_))
            std::filesystem::remove_all(entry.path());
    }
    void put(std::string_view path, std::string_view content) override {
        write_file(on_disk(path), content);
        give_away(path);
    }
    void make_directory(std::string_view path) override {
        std::filesystem::create_directory(on_disk(path));
        give_away(path);
    }
    void link(std::string_view path, std::string_view target) override {
        std::filesystem::create_symlink(target, on_disk(path));
        give_away(path);
    }
    std::optional<std::string> get(std::string_view path) const override {
        if (!std::filesystem::is_regular_file(on_disk(path))) return std::nullopt;
        return read_file(on_disk(path));
    }
    bool make_read_only(std::string_view path) override {
        return ::chown(on_disk(path).c_str(), 0, 0) == 0 && ::chmod(on_disk(path).c_str(), 0555) == 0;
    }

  protected:
    std::filesystem::path on_disk(std::string_view path) const {
        return root_ / path.substr(std::min(path.find_first_not_of('/'), path.size()));
    }

  private:
    void give_away(std::string_view path) const {
        struct stat root {};
        ::stat(root_.c_str(), &root);
        if (::lchown(on_disk(path).c_str(), root.st_uid, root.st_gid) != 0)
            throw std::runtime_error("cannot give a file to the server's user");
    }
    std::filesystem::path root_;
};

class LocalFarSide final : public DiskFarSide {
  public:
    LocalFarSide() : LocalFarSide(std::make_unique<TemporaryFolder>()) {}
    bool make_read_only(std::string_view path) override {
        return ::geteuid() != 0 && DiskFarSide::make_read_only(path);
    }
    awaitable<std::unique_ptr<FileSystem>> open() override { co_return open_local(folder_->path().string()); }
    awaitable<std::unique_ptr<FileSystem>> open_below(std::string_view directory) override {
        co_return confine_to(open_local(folder_->path().string()), directory);
    }

  private:
    explicit LocalFarSide(std::unique_ptr<TemporaryFolder> folder)
        : DiskFarSide(folder->path()), folder_(std::move(folder)) {}
    std::unique_ptr<TemporaryFolder> folder_;
};

class ServerFarSide final : public DiskFarSide {
  public:
    explicit ServerFarSide(Server& server) : DiskFarSide(server.root()), endpoint_(server.endpoint()) {}
    awaitable<std::unique_ptr<FileSystem>> open() override { return fairlead::open(endpoint_); }
    awaitable<std::unique_ptr<FileSystem>> open_below(std::string_view directory) override {
        below_ = endpoint_;
        below_.working_directory += below_.working_directory == "/" ? directory.substr(1) : directory;
        return fairlead::open(below_);
    }

  private:
    Endpoint endpoint_;
    Endpoint below_;
};

Target on_server(std::string name, std::string script, std::vector<std::string> options = {}) {
    Target target;
    target.name = std::move(name);
    target.secured = script == "openssh" || script == "proftpd-sftp" || !options.empty();
    target.needs_root = script == "vsftpd" || script == "pure-ftpd";
    target.machine_listing = script != "vsftpd";
    target.digests = script == "proftpd";
    target.make = [script = std::move(script), options = std::move(options)] {
        return std::make_unique<ServerFarSide>(Server::shared(script, options));
    };
    return target;
}

template <class Made>
Target here(std::string name) {
    Target target;
    target.name = std::move(name);
    target.remote = false;
    target.digests = true;
    target.make = [] { return std::make_unique<Made>(); };
    return target;
}

}  // namespace

std::vector<Target> targets() {
    return {
        here<MemoryFarSide>("memory"),
        here<LocalFarSide>("local"),
        on_server("vsftpd", "vsftpd"),
        on_server("vsftpd_explicit", "vsftpd", {"tls=explicit", "tls_version=1.2"}),
        on_server("vsftpd_implicit", "vsftpd", {"tls=implicit"}),
        on_server("proftpd", "proftpd"),
        on_server("proftpd_explicit", "proftpd", {"tls=explicit"}),
        on_server("pure_ftpd", "pure-ftpd"),
        on_server("pure_ftpd_explicit", "pure-ftpd", {"tls=explicit"}),
        on_server("openssh", "openssh"),
        on_server("proftpd_sftp", "proftpd-sftp"),
    };
}

}  // namespace fairlead::test
