// SMB1 commands that open and close: names, file ids and sizes. NT_CREATE_ANDX, OPEN_ANDX, OPEN, CREATE, CREATE_NEW,
// CREATE_TEMPORARY, OPEN_PRINT_FILE, CLOSE (MS-CIFS 2.2.4.64, .41, .3, .4, .16, .15, .67, .5; MS-SMB 2.2.4.9).
#pragma once

#include <optional>
#include <string>

#include "daemon/protocols/smb/smb1_connection.h"

namespace sallyport::smb {

/// What a server says of a file that it has opened, whatever the command.
struct Smb1OpenReply {
  std::uint16_t id = 0;
  std::optional<std::uint64_t> end_of_file;
  std::uint16_t resource = 0;  ///< MS-CIFS 2.2.4.64.2 ResourceType
};

bool is_smb1_open(Smb1Command command);
void on_smb1_open_request(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                          Smb1Request& request);
void on_smb1_open_reply(Smb1Connection& connection, Smb1Message& message, const Smb1Block& block,
                        const Smb1Request& request);
/// Ends what is written, as in SMB2.
void on_smb1_close_request(Smb1Connection& connection, const Smb1Message& message, const Smb1Block& block,
                           Smb1Request& request);
/// Ends what is read.
void on_smb1_close_reply(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request);

/// The same for the commands that carry these inside a transaction, or with data.
void begin_smb1_open(Smb1Connection& connection, Smb1Message& message, std::string path, Smb1Request& request);
void end_smb1_open(Smb1Connection& connection, const Smb1Message& message, const Smb1OpenReply& reply,
                   const Smb1Request& request);
void fail_smb1_open(Smb1Connection& connection, const Smb1Message& message, const Smb1Request& request);
void close_smb1_file(Smb1Connection& connection, OpenFile& file, Timestamp time, Smb1Request& request);
/// Inside the share and without the backslash before it; below the directory that is open as `root`, where it is not
/// zero.
std::string smb1_path(Smb1Connection& connection, std::string name, std::uint16_t root);

}  // namespace sallyport::smb
