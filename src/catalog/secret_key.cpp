#include "catalog/secret_key.hpp"

#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <span>

#include "catalog/record.hpp"
#include "catalog/secret_box.hpp"
#include "fairlead/error.hpp"

namespace fairlead::catalog {
namespace {

constexpr std::size_t kBytes = SecretBox::kKeyBytes;
constexpr std::size_t kLongestFile = 4096;

/// An open file, closed when it goes.
class Descriptor {
  public:
    explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() {
        if (descriptor_ >= 0) ::close(descriptor_);
    }
    int get() const noexcept { return descriptor_; }

  private:
    int descriptor_;
};

[[noreturn]] void throw_file_error(const std::string& doing, const std::string& path, int reason) {
    throw Error(reason == EACCES ? ErrorCode::permission_denied : ErrorCode::internal,
                fmt::format("{} the key file {} failed: {}.", doing, path, std::strerror(reason)));
}

std::optional<Secret> decode(std::string_view text) {
    while (!text.empty() && std::strchr(" \t\r\n", text.back()) != nullptr)
        text.remove_suffix(1);
    std::array<unsigned char, kBytes> key{};
    std::size_t size = 0;
    const auto fits = [&] { return size == kBytes; };
    const bool hexadecimal =
        text.size() == 2 * kBytes &&
        sodium_hex2bin(key.data(), key.size(), text.data(), text.size(), nullptr, &size, nullptr) == 0 &&
        fits();
    const auto base64 = [&](int variant) {
        return sodium_base642bin(key.data(), key.size(), text.data(), text.size(), nullptr, &size, nullptr,
                                 variant) == 0 &&
               fits();
    };
    const bool good = hexadecimal || base64(sodium_base64_VARIANT_ORIGINAL) ||
                      base64(sodium_base64_VARIANT_ORIGINAL_NO_PADDING) ||
                      base64(sodium_base64_VARIANT_URLSAFE) ||
                      base64(sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    std::optional<Secret> secret;
    if (good) secret.emplace(std::string_view(reinterpret_cast<const char*>(key.data()), key.size()));
    sodium_memzero(key.data(), key.size());
    return secret;
}

SecretKey decode_or_throw(std::string_view text, std::string source) {
    if (auto key = decode(text)) return {std::move(*key), std::move(source)};
    throw Error(ErrorCode::invalid_argument,
                fmt::format("The secret key in {} is not 32 bytes in base64 or hexadecimal.", source))
        .hinting("put the right key back; a new one is made with: head -c 32 /dev/urandom | base64");
}

/// The key in a file; nothing when there is no such file.
std::optional<SecretKey> read_file(const std::string& path, bool check_mode) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) {
        if (errno == ENOENT) return std::nullopt;
        throw_file_error("Opening", path, errno);
    }
    struct stat facts {};
    if (::fstat(file.get(), &facts) != 0) throw_file_error("Reading", path, errno);
    if (check_mode && (facts.st_mode & 077) != 0)
        throw Error(ErrorCode::permission_denied,
                    fmt::format("The key file {} can be read by others (mode {:04o}), so it is not used.",
                                path, facts.st_mode & 07777))
            .hinting(fmt::format("chmod 600 {}", path));
    std::array<char, kLongestFile> buffer{};
    const auto size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0) throw_file_error("Reading", path, errno);
    auto key = decode_or_throw({buffer.data(), static_cast<std::size_t>(size)}, path);
    sodium_memzero(buffer.data(), buffer.size());
    return key;
}

std::string key_path(const std::string& data_directory) {
    return data_directory + "/secret.key";
}
std::string next_path(const std::string& data_directory) {
    return key_path(data_directory) + ".next";
}

std::optional<SecretKey> from_environment(const char* variable) {
    const auto* text = std::getenv(variable);
    if (text == nullptr || *text == '\0') return std::nullopt;
    return decode_or_throw(text, std::string("$") + variable);
}

/// A file with this key beside `path`, safely on disk; gives its name.
std::string write_aside(const std::string& path, std::span<const unsigned char, kBytes> key) {
    std::string text(sodium_base64_ENCODED_LEN(kBytes, sodium_base64_VARIANT_ORIGINAL), '\0');
    sodium_bin2base64(text.data(), text.size(), key.data(), key.size(), sodium_base64_VARIANT_ORIGINAL);
    text.back() = '\n';  // in place of the NUL
    const auto aside = path + "." + make_id();
    const Descriptor file(::open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.get() < 0) throw_file_error("Making", aside, errno);
    const bool written = ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                         ::fsync(file.get()) == 0;
    const int reason = errno;
    sodium_memzero(text.data(), text.size());
    if (!written) {
        ::unlink(aside.c_str());
        throw_file_error("Writing", aside, reason);
    }
    return aside;
}

/// Else a new name may be lost with the power, and with it the only key.
void sync_folder(const std::string& folder) {
    const Descriptor opened(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (opened.get() < 0 || ::fsync(opened.get()) != 0) throw_file_error("Keeping", folder, errno);
}

}  // namespace

std::vector<SecretKey> find_secret_keys(const std::string& data_directory) {
    std::vector<SecretKey> keys;
    const auto add = [&keys](std::optional<SecretKey> key, bool is_next, bool is_ours) {
        if (!key) return false;
        key->is_next = is_next;
        key->is_ours = is_ours;
        keys.push_back(std::move(*key));
        return true;
    };
    if (add(from_environment("FAIRLEAD_KEY"), false, false)) {
        add(from_environment("FAIRLEAD_NEW_KEY"), true, false);
        return keys;
    }
    const auto* directory = std::getenv("CREDENTIALS_DIRECTORY");
    if (directory != nullptr && *directory != '\0') {
        const auto path = std::string(directory) + "/fairlead.";
        if (add(read_file(path + "key", false), false, false)) {
            add(read_file(path + "new-key", false), true, false);
            return keys;
        }
    }
    add(read_file(key_path(data_directory), true), false, true);
    add(read_file(next_path(data_directory), true), true, true);
    return keys;
}

SecretKey make_secret_key(const std::string& data_directory) {
    std::array<unsigned char, kBytes> key{};
    randombytes_buf(key.data(), key.size());
    // Written aside and then linked: whoever looks sees no key file or a whole one, and never two different
    // ones.
    const auto path = key_path(data_directory);
    const auto aside = write_aside(path, key);
    sodium_memzero(key.data(), key.size());
    const int linked = ::link(aside.c_str(), path.c_str());
    const int reason = errno;
    ::unlink(aside.c_str());
    if (linked != 0 && reason != EEXIST) throw_file_error("Making", path, reason);
    sync_folder(data_directory);
    if (auto made = read_file(path, true)) {
        made->is_ours = true;
        return std::move(*made);
    }
    throw_file_error("Reading", path, ENOENT);
}

SecretKey make_next_secret_key(const std::string& data_directory) {
    std::array<unsigned char, kBytes> key{};
    if (const auto given = from_environment("FAIRLEAD_NEW_KEY"))
        std::memcpy(key.data(), given->key.reveal().data(), kBytes);
    else
        randombytes_buf(key.data(), key.size());
    const auto path = next_path(data_directory);
    const auto aside = write_aside(path, key);
    sodium_memzero(key.data(), key.size());
    if (::rename(aside.c_str(), path.c_str()) != 0) {
        const int reason = errno;
        ::unlink(aside.c_str());
        throw_file_error("Making", path, reason);
    }
    sync_folder(data_directory);
    auto made = read_file(path, true);
    if (!made) throw_file_error("Reading", path, ENOENT);
    made->is_next = made->is_ours = true;
    return std::move(*made);
}

void adopt_next_secret_key(const std::string& data_directory) {
    const auto next = next_path(data_directory), path = key_path(data_directory);
    if (::rename(next.c_str(), path.c_str()) != 0 && errno != ENOENT) throw_file_error("Replacing", path, errno);
    sync_folder(data_directory);
}

void forget_next_secret_key(const std::string& data_directory) noexcept {
    ::unlink(next_path(data_directory).c_str());
}

}  // namespace fairlead::catalog
