from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Received',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('link', models.CharField(max_length=80)),
                ('control_id', models.CharField(blank=True, max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('raw', models.BinaryField()),
                ('received_us', models.BigIntegerField()),
                ('state', models.CharField(max_length=10)),
                ('reason', models.TextField(blank=True)),
                ('again', models.IntegerField(default=0)),
                ('handled_us', models.BigIntegerField(null=True)),
            ],
            options={
                'db_table': 'wire_received',
                'indexes': [models.Index(fields=['link', 'control_id'], name='wire_received_control'), models.Index(fields=['state', 'link', 'id'], name='wire_received_state')],
            },
        ),
    ]
