#include "sftp/packet.hpp"

#include <gtest/gtest.h>

#include <string>

#include "fairlead/error.hpp"

namespace fairlead::sftp {
namespace {

Bytes bytes(std::string_view text) {
    const auto* data = reinterpret_cast<const std::byte*>(text.data());
    return Bytes(data, data + text.size());
}

/// What a coded packet has after length, type and id.
std::span<const std::byte> body_of(const Bytes& packet) {
    return std::span(packet).subspan(9);
}

Error error_of(const std::function<void()>& call) {
    try {
        call();
    } catch (const Error& error) {
        return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error(ErrorCode::internal, "");
}

TEST(SftpPacket, a_request_is_coded_as_the_draft_says) {
    Bytes packet;
    PacketWriter(packet, PacketType::open, 7).string("/a").u32(kOpenRead).attributes({});
    EXPECT_EQ(packet, bytes(std::string_view("\0\0\0\x13\3\0\0\0\7\0\0\0\2/a\0\0\0\1\0\0\0\0", 23)));
}

TEST(SftpPacket, the_length_counts_a_payload_that_follows) {
    Bytes packet;
    PacketWriter writer(packet, PacketType::write, 1);
    writer.string("h").u64(0x1'0000'0002).u32(1000);
    writer.end(1000);
    EXPECT_EQ(PacketReader(packet).u32(), packet.size() - 4 + 1000);
}

TEST(SftpPacket, attributes_come_back_as_they_went) {
    Attributes attributes;
    attributes.size = 0x1234'5678'9abc;
    attributes.user_id = 1000;
    attributes.group_id = 100;
    attributes.permissions = 0100644;
    attributes.accessed = 1;
    attributes.modified = 0xffff'ffff;
    Bytes packet;
    PacketWriter(packet, PacketType::attrs, 1).attributes(attributes);
    const auto back = decode_attributes(body_of(packet));
    EXPECT_EQ(back.size, attributes.size);
    EXPECT_EQ(back.user_id, attributes.user_id);
    EXPECT_EQ(back.group_id, attributes.group_id);
    EXPECT_EQ(back.permissions, attributes.permissions);
    EXPECT_EQ(back.modified, attributes.modified);
}

TEST(SftpPacket, extended_attributes_are_passed_over) {
    Bytes packet;
    {
        PacketWriter writer(packet, PacketType::name, 1);
        writer.u32(2);
        writer.string("a").string("").u32(0x8000'0001).u64(5).u32(1).string("acl").string("\x01\x02");
        writer.string("b").string("").u32(1).u64(6);
    }
    const auto names = decode_names(body_of(packet));
    ASSERT_EQ(names.size(), 2u);
    EXPECT_EQ(names[1].name, "b");
    EXPECT_EQ(names[1].attributes.size, 6u);
}

TEST(SftpPacket, a_status_without_text_is_a_status) {
    EXPECT_EQ(decode_status(bytes(std::string_view("\0\0\0\4", 4))).code, 4u);
}

TEST(SftpPacket, a_version_lists_what_the_server_offers) {
    Bytes packet;
    PacketWriter(packet, PacketType::version, 3).string("fsync@openssh.com").string("1");
    const auto version = decode_version(std::span(packet).subspan(5));
    EXPECT_EQ(version.number, 3u);
    ASSERT_EQ(version.extensions.size(), 1u);
    EXPECT_EQ(version.extensions[0].first, "fsync@openssh.com");
}

TEST(SftpPacket, a_field_that_is_longer_than_its_packet_is_refused) {
    const auto error = error_of([] { decode_handle(bytes(std::string_view("\0\0\1\0abc", 7))); });
    EXPECT_EQ(error.code, ErrorCode::protocol_error);
    EXPECT_FALSE(error.session_usable);
}

TEST(SftpPacket, a_count_of_names_that_cannot_be_is_refused_before_memory_is_taken) {
    const auto error = error_of([] { decode_names(bytes(std::string_view("\xff\xff\xff\xff", 4))); });
    EXPECT_EQ(error.code, ErrorCode::protocol_error);
}

TEST(SftpPacket, text_in_place_of_a_length_is_quoted) {
    const auto text = bytes("This account is currently not available.\n");
    const auto error = error_of(
        [&] { decode_length(std::span<const std::byte, 4>(text.data(), 4), std::span(text).subspan(4)); });
    EXPECT_EQ(error.code, ErrorCode::protocol_error);
    EXPECT_NE(error.message.find("\"This account is currently not available."), std::string::npos)
        << error.message;
    EXPECT_FALSE(error.hint.empty());
}

TEST(SftpPacket, a_length_of_nothing_or_of_too_much_is_refused) {
    const auto zero = bytes(std::string_view("\0\0\0\0", 4));
    const auto huge = bytes("\x7f\xff\xff\xff");
    EXPECT_EQ(error_of([&] { decode_length(std::span<const std::byte, 4>(zero.data(), 4)); }).code,
              ErrorCode::protocol_error);
    EXPECT_EQ(error_of([&] { decode_length(std::span<const std::byte, 4>(huge.data(), 4)); }).code,
              ErrorCode::protocol_error);
}

}  // namespace
}  // namespace fairlead::sftp
