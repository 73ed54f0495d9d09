#include "ftp/transfer.hpp"

#include <fmt/format.h>

#include <boost/system/system_error.hpp>
#include <charconv>
#include <utility>

#include "ftp/command.hpp"
#include "ftp/reply_error.hpp"
#include "net/tls_stream.hpp"

namespace fairlead::ftp {

using namespace std::chrono_literals;

namespace {

Error cancelled(std::string_view step) {
    return Error(ErrorCode::cancelled, "The operation was cancelled.").at(std::string(step)).ends_session();
}

}  // namespace

awaitable<std::unique_ptr<Transfer>> Transfer::start(std::shared_ptr<Session> session, Request request,
                                                     Reply& refusal) {
    const bool text = request.text;
    co_await session->ready(request.step);
    co_await session->set_type(text);
    std::unique_ptr<Transfer> transfer(new Transfer(std::move(session), std::move(request)));
    const bool accepted = co_await transfer->open(refusal);
    if (!accepted) co_return nullptr;
    co_return transfer;
}

Transfer::~Transfer() {
    data_.close();
    auto rest = take_rest();
    if (!commanded_ || final_) return;
    const bool listing = request_.verb == "MLSD" || request_.verb == "LIST" || request_.verb == "NLST";
    if (listing)
        session_->abandon_listing(std::move(rest));
    else
        session_->abandon_transfer(std::move(rest));
}

/// What may still be read; an upload is broken off at once, so that the server does not take it for whole.
std::unique_ptr<net::Stream> Transfer::take_rest() {
    if (stream_ && (request_.verb == "STOR" || request_.verb == "APPE")) stream_->close();
    return std::move(stream_);
}

awaitable<bool> Transfer::open(Reply& refusal) {
    auto& control = session_->control();
    session_->data.begin();
    // Distributed servers choose their node by what will be asked for; Pure-FTPd only pretends to.
    if (session_->features().announced("PRET") && !session_->pipelines()) {
        auto reply =
            co_await session_->command("PRET", request_.verb + " " + request_.argument, request_.step);
        if (!reply.is_success()) {
            refusal = std::move(reply);
            co_return false;
        }
    }
    co_await data_.agree();
    co_await restart_at_offset();
    co_await control.send(command_line(request_.verb, request_.argument), request_.step);
    commanded_ = true;
    data_.begin();
    if (request_.bytes_first) {
        co_await establish();
        co_return true;
    }
    first_ = co_await first_reply();
    if (first_.is_failure() || first_.is_intermediate()) {
        final_ = first_;
        data_.close();
        if (!session_->usable()) throw error_for(first_, request_.step, request_.path);
        refusal = first_;
        co_return false;
    }
    if (first_.is_success()) final_ = first_;
    co_await establish();
    co_return true;
}

awaitable<void> Transfer::restart_at_offset() {
    auto& sticks = session_->data.rest_may_stick;
    if (request_.offset == 0 && !sticks) co_return;
    const auto reply = co_await session_->command("REST", std::to_string(request_.offset), request_.step);
    sticks = request_.offset != 0;
    if (reply.code / 100 != 3 && !reply.is_success()) {
        if (request_.offset == 0) co_return;
        if (!session_->usable()) throw error_for(reply, request_.step, request_.path);
        throw Error(ErrorCode::unsupported, "The server cannot continue a transfer in the middle (REST).")
            .at(request_.step)
            .on(request_.path)
            .replied(reply.raw());
    }
}

/// The reply to the command. A server may forget the preliminary one: when data is there, the transfer runs,
/// and its only reply may not come before we have read it all.
awaitable<Reply> Transfer::first_reply() {
    constexpr auto kLook = 2000ms;
    auto& control = session_->control();
    const auto deadline = Clock::now() + session_->endpoint().timeouts.command;
    const bool may_bring_data = request_.verb != "STOR" && request_.verb != "APPE";
    while (may_bring_data && Clock::now() + kLook < deadline) {
        auto reply = co_await control.receive_within(kLook, request_.step);
        if (reply) co_return std::move(*reply);
        if (data_.has_something_to_read()) {
            control.note("Data came without a preliminary reply.");
            Reply none;
            none.code = 150;
            co_return none;
        }
    }
    co_return co_await control.receive(request_.step);
}

awaitable<void> Transfer::establish() {
    std::exception_ptr failure;
    try {
        stream_ = co_await data_.establish();
    } catch (const boost::system::system_error&) {
        throw cancelled(request_.step);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        data_.close();
        co_await fail(failure);
    }
}

std::optional<std::uint64_t> Transfer::announced_size() const {
    const auto text = first_.text();
    const auto end = text.rfind(" byte");
    if (end == std::string::npos) return std::nullopt;
    auto from = end;
    while (from > 0 && text[from - 1] >= '0' && text[from - 1] <= '9')
        --from;
    std::uint64_t size = 0;
    const auto [at, problem] = std::from_chars(text.data() + from, text.data() + end, size);
    if (problem != std::errc() || from == 0 || text[from - 1] != '(') return std::nullopt;
    return size;
}

awaitable<void> Transfer::ask_ahead() {
    if (!session_->reads_commands_late() || final_) co_return;
    if (!request_.text && session_->features().may_try("SIZE")) {
        size_reply_ = std::make_shared<std::optional<Reply>>();
        std::function<void(Reply)> answered = [told = size_reply_](Reply reply) { *told = std::move(reply); };
        session_->control().send_ahead(command_line("SIZE", request_.argument), std::move(answered));
    }
    session_->prepare_data();
    co_await session_->control().flush(request_.step);
}

const Reply* Transfer::refusal() const noexcept {
    return first_.code == 0 && final_ && final_->is_failure() ? &*final_ : nullptr;
}

std::optional<std::uint64_t> Transfer::stored_size() const {
    if (!size_reply_ || !*size_reply_ || !(*size_reply_)->is_success()) return std::nullopt;
    const auto text = (*size_reply_)->text();
    std::uint64_t size = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (problem != std::errc()) return std::nullopt;
    return size;
}

awaitable<std::optional<Reply>> Transfer::final_reply_within(std::chrono::milliseconds patience) {
    const auto deadline = Clock::now() + patience;
    while (!final_) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
        auto reply = co_await session_->control().receive_within(std::max(1ms, left), request_.step);
        if (!reply) co_return std::nullopt;
        // Words that answer what was sent ahead, though the last word on the transfer is still out.
        // (Pure-FTPd calls it unknown while it is still amid a transfer that broke off.)
        const bool refuses_later_one = first_.code != 0 && reply->code >= 500 && reply->code <= 504;
        const bool answers_later_one =
            refuses_later_one || reply->code == 213 || reply->code == 227 || reply->code == 229;
        if (answers_later_one && session_->control().has_ahead()) co_return std::nullopt;
        if (reply->is_preliminary())
            first_ = std::move(*reply);
        else
            final_ = std::move(*reply);
    }
    co_return final_;
}

awaitable<void> Transfer::conclude() {
    stream_->close();
    data_.close();
    session_->prepare_data();
    co_await session_->control().flush(request_.step);  // also where the last word is there already
    const auto patience = session_->endpoint().timeouts.command;
    std::optional<Reply> reply;
    std::string why = fmt::format("within {}", net::to_text(patience));
    try {
        reply = co_await final_reply_within(patience);
    } catch (const Error& error) {
        if (error.code != ErrorCode::connection_lost) throw;
        why = "and closed the control connection";
    }
    if (!reply) {
        session_->control().give_up();
        throw Error(
            ErrorCode::incomplete,
            fmt::format("All bytes went through, but the server did not confirm the end of the transfer {}.",
                        why))
            .at(request_.step)
            .on(request_.path)
            .hinting(
                "A firewall may have dropped the idle control connection; compare the sizes before trusting "
                "the file.")
            .ends_session();
    }
    if (reply->is_failure() || reply->is_intermediate())
        throw error_for(*reply, request_.step, request_.path);
    session_->data.ended = Clock::now();
    while (size_reply_ && !*size_reply_ && session_->usable() && session_->control().has_ahead())
        co_await session_->control().receive_ahead(request_.step);
    if (reply->code != 226 && reply->code != 250)
        session_->control().note(
            fmt::format("The transfer ended with {} in place of 226; taken as success.", reply->code));
    last_ = std::move(*reply);
}

awaitable<void> Transfer::fail(std::exception_ptr failure) {
    if (stream_) stream_->close();
    Error why(ErrorCode::incomplete, "The data connection broke off.");
    try {
        std::rethrow_exception(failure);
    } catch (const Error& error) {
        why = error;
    } catch (const boost::system::system_error&) {
        why = cancelled(request_.step);
    }
    if (why.path.empty()) why.path = request_.path;
    if (why.code == ErrorCode::cancelled) throw why;

    auto reply = final_ ? final_ : co_await session_->end_transfer(nullptr, request_.step);
    final_ = reply;
    commanded_ = false;  // nothing is owed any more
    why.session_usable = session_->usable();
    // When the connection broke before it was secured, 425 knows no more than we do; ProFTPD then says the
    // same words with which it refuses a session that was not resumed.
    // One that was resumed cannot have been refused for not being resumed.
    const auto* secured = dynamic_cast<const net::TlsStream*>(stream_.get());
    const bool broke_early =
        (!stream_ || (secured != nullptr && secured->resumed())) &&
        (why.code == ErrorCode::connection_lost || why.code == ErrorCode::data_connection_failed ||
         why.code == ErrorCode::timeout);
    if (reply && reply->code == 425 && broke_early) {
        why.server_reply = reply->raw();
    } else if (reply && reply->is_failure()) {
        if (says_session_reuse_required(*reply))
            throw Error(ErrorCode::tls_failed,
                        "The server demands that the data connection resumes the control connection's TLS "
                        "session, and "
                        "did not accept ours.")
                .at(request_.step)
                .on(request_.path)
                .replied(reply->raw())
                .hinting("Try another TLS version for this connection (--tls-version TLS1.2).");
        // An identity that is not the server's is worse than whatever the server says about it; and to our
        // giving up it can only say that we are gone.
        if (why.code != ErrorCode::certificate_untrusted && why.code != ErrorCode::timeout) {
            auto error = error_for(*reply, request_.step, request_.path);
            error.session_usable = error.session_usable && session_->usable();
            throw error;
        }
    }
    if (why.code == ErrorCode::connection_lost) {
        why.code = ErrorCode::incomplete;
        why.message = "The transfer broke off. " + why.message;
    }
    why.step = request_.step;
    throw why;
}

awaitable<void> Transfer::abort() {
    data_.close();
    auto rest = take_rest();
    if (final_) co_return;
    commanded_ = false;
    co_await session_->end_transfer(std::move(rest), request_.step);
}

}  // namespace fairlead::ftp
