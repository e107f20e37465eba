module sonde

go 1.26
