#include <fmt/format.h>
#include <gpgme.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <mutex>

#include "fairlead/error.hpp"
#include "flow/transform.hpp"

namespace fairlead::flow {
namespace {

struct ReleaseContext {
    void operator()(gpgme_ctx_t context) const noexcept { gpgme_release(context); }
};
struct ReleaseData {
    void operator()(gpgme_data_t data) const noexcept { gpgme_data_release(data); }
};
struct ReleaseKey {
    void operator()(gpgme_key_t key) const noexcept { gpgme_key_unref(key); }
};
/// What of the bytes that came was not asked for yet.
struct Reading {
    Ends ends;
    std::span<const std::byte> rest;
};
using Context = std::unique_ptr<gpgme_context, ReleaseContext>;
using Data = std::unique_ptr<gpgme_data, ReleaseData>;
using Key = std::unique_ptr<std::remove_pointer_t<gpgme_key_t>, ReleaseKey>;

std::string text_of(gpgme_error_t problem) {
    char text[256] = "";
    gpgme_strerror_r(problem, text, sizeof text);
    return text;
}

[[noreturn]] void fail(gpgme_error_t problem, const std::string& sentence, const std::string& path) {
    auto code = ErrorCode::invalid_argument;
    switch (gpgme_err_code(problem)) {
        case GPG_ERR_NO_SECKEY:
        case GPG_ERR_NO_PUBKEY:
            code = ErrorCode::not_found;
            break;
        case GPG_ERR_UNUSABLE_PUBKEY:
        case GPG_ERR_UNUSABLE_SECKEY:
        case GPG_ERR_BAD_PASSPHRASE:
        case GPG_ERR_NO_PASSPHRASE:
            code = ErrorCode::permission_denied;
            break;
        case GPG_ERR_ENOSPC:
            code = ErrorCode::no_space;
            break;
        case GPG_ERR_CANCELED:
            code = ErrorCode::cancelled;
            break;
        case GPG_ERR_INV_ENGINE:
            code = ErrorCode::unsupported;
            break;
        default:
            break;
    }
    auto error = Error(code, fmt::format("{}: {}.", sentence, text_of(problem)));
    error.path = path;
    throw Error(error);
}

Context open_context(const Transformation& file) {
    static std::once_flag once;
    std::call_once(once, [] { gpgme_check_version(nullptr); });
    gpgme_ctx_t made = nullptr;
    if (const auto problem = gpgme_new(&made)) fail(problem, "OpenPGP cannot be used", {});
    Context context(made);
    gpgme_set_protocol(context.get(), GPGME_PROTOCOL_OpenPGP);
    gpgme_set_offline(context.get(), 1);
    gpgme_set_pinentry_mode(context.get(), GPGME_PINENTRY_MODE_ERROR);  // nobody is there to be asked
    if (const auto problem =
            gpgme_ctx_set_engine_info(context.get(), GPGME_PROTOCOL_OpenPGP, nullptr, file.gnupg_home.c_str()))
        fail(problem, "GnuPG cannot be used", file.gnupg_home);
    return context;
}

ssize_t read_piece(void* ends, void* buffer, size_t size) {
    auto& reading = *static_cast<Reading*>(ends);
    if (reading.rest.empty()) reading.rest = reading.ends.pull();
    if (reading.ends.failed()) {
        errno = EIO;
        return -1;
    }
    const auto count = std::min(size, reading.rest.size());
    std::copy_n(reading.rest.begin(), count, static_cast<std::byte*>(buffer));
    reading.rest = reading.rest.subspan(count);
    return static_cast<ssize_t>(count);
}
ssize_t write_piece(void* ends, const void* buffer, size_t size) {
    if (static_cast<Reading*>(ends)->ends.push(buffer, size)) return static_cast<ssize_t>(size);
    errno = EIO;
    return -1;
}

/// Runs an operation from one end to the other.
template <class Operate>
void through(const Transformation& file, const std::string& sentence, gpgme_data_encoding_t encoding, Operate operate) {
    Reading ends{Ends(file), {}};
    gpgme_data_cbs reading{}, writing{};
    reading.read = read_piece;
    writing.write = write_piece;
    gpgme_data_t made = nullptr;
    if (const auto problem = gpgme_data_new_from_cbs(&made, &reading, &ends)) fail(problem, sentence, {});
    const Data in(made);
    if (const auto problem = gpgme_data_new_from_cbs(&made, &writing, &ends)) fail(problem, sentence, {});
    const Data out(made);
    gpgme_data_set_encoding(out.get(), encoding);
    const auto problem = operate(in.get(), out.get());
    ends.ends.check();
    if (problem) fail(problem, sentence, {});
    ends.ends.drain();
}

}  // namespace

void encrypt(const Transformation& file, const std::vector<std::string>& recipients, bool armor) {
    const auto context = open_context(file);
    gpgme_set_armor(context.get(), armor ? 1 : 0);
    std::vector<Key> keys;
    for (const auto& recipient : recipients) {
        gpgme_key_t key = nullptr;
        const auto problem = gpgme_get_key(context.get(), recipient.c_str(), &key, 0);
        if (problem || key == nullptr)
            throw Error(ErrorCode::not_found, fmt::format("There is no single key for '{}': {}.", recipient, text_of(problem)))
                .on(file.gnupg_home)
                .hinting(fmt::format("gpg --homedir {} --import KEYFILE", file.gnupg_home));
        keys.emplace_back(key);
    }
    std::vector<gpgme_key_t> list;
    for (const auto& key : keys)
        list.push_back(key.get());
    list.push_back(nullptr);
    // Whoever put the keys into the folder trusts them.
    through(file, fmt::format("'{}' cannot be encrypted", file.name),
            armor ? GPGME_DATA_ENCODING_ARMOR : GPGME_DATA_ENCODING_BINARY, [&](gpgme_data_t in, gpgme_data_t out) {
                return gpgme_op_encrypt(context.get(), list.data(), GPGME_ENCRYPT_ALWAYS_TRUST, in, out);
            });
}

void decrypt(const Transformation& file) {
    const auto context = open_context(file);
    through(file, fmt::format("'{}' cannot be decrypted", file.name), GPGME_DATA_ENCODING_NONE,
            [&](gpgme_data_t in, gpgme_data_t out) { return gpgme_op_decrypt(context.get(), in, out); });
}

}  // namespace fairlead::flow
