// SPDX-License-Identifier: BSD-2-Clause
// The echo server of Node's tutorials: pipe each socket into itself. Prints its port.
'use strict';
const server = require('net').createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
	socket.on('error', () => socket.destroy());
	socket.pipe(socket);
});
server.listen(0, '127.0.0.1', 4096, () => console.log(server.address().port));
